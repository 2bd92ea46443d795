//! Compiles the C++ shim against the libtorch that `tch` uses, and links to it. Without the feature `tch` it does nothing.

#[cfg(feature = "tch")]
fn main() {
    // docs.rs does not have libtorch, and documentation does not need the shim.
    if std::env::var_os("DOCS_RS").is_some() {
        return;
    }
    match libtorch_link::Libtorch::probe() {
        Ok(libtorch) => {
            compile(&libtorch);
            libtorch.emit();
        }
        Err(error) => error.report(),
    }
}

#[cfg(feature = "tch")]
fn compile(libtorch: &libtorch_link::Libtorch) {
    // The first includes the others: most of the time of a unit of translation goes into libtorch's headers.
    const SOURCES: [&str; 24] = [
        "cpp/shim.cpp",
        "cpp/wire.cpp",
        "cpp/call.cpp",
        "cpp/record.cpp",
        "cpp/frames.cpp",
        "cpp/compact.cpp",
        "cpp/fake.cpp",
        "cpp/state.cpp",
        "cpp/fake_api.cpp",
        "cpp/loose.cpp",
        "cpp/repeat.cpp",
        "cpp/rules.cpp",
        "cpp/rules_pointwise.cpp",
        "cpp/rules_reduction.cpp",
        "cpp/rules_network.cpp",
        "cpp/rules_shape.cpp",
        "cpp/rules_linalg.cpp",
        "cpp/rules_data.cpp",
        "cpp/tensor.cpp",
        "cpp/mode.cpp",
        "cpp/vmap.cpp",
        "cpp/child.cpp",
        "cpp/plan.cpp",
        "cpp/plan_typed.cpp",
    ];
    const HEADERS: [&str; 9] = [
        "cpp/stand_in/nlohmann/json.hpp",
        "cpp/plan.h",
        "cpp/shim.h",
        "cpp/wire.h",
        "cpp/session.h",
        "cpp/compact.h",
        "cpp/fake.h",
        "cpp/run.h",
        "cpp/rules.h",
    ];
    for file in SOURCES.iter().chain(&HEADERS) {
        println!("cargo::rerun-if-changed={file}");
    }
    let mut build = cc::Build::new();
    // libtorch 2.13's headers are C++20, and its libraries use the C++11 string ABI. Warnings are off, since the headers of
    // libtorch cause many.
    build.cpp(true).pic(true).warnings(false).std("c++20").define("_GLIBCXX_USE_CXX11_ABI", "1");
    // An export makes thousands of calls through the shim, so it is optimised in debug builds too.
    build.opt_level(2).debug(false);
    build.includes(libtorch.include_dirs()).include("cpp/stand_in").file(SOURCES[0]);
    if cfg!(feature = "aoti") {
        for file in ["cpp/aoti.cpp", "cpp/aoti.h"] {
            println!("cargo::rerun-if-changed={file}");
        }
        build.file("cpp/aoti.cpp");
    }
    if let Err(error) = build.try_compile("torch_export_shim") {
        println!("cargo::error=the C++ shim of torch-export did not compile: {}", error.to_string().replace('\n', " "));
        println!("cargo::error=it needs a C++20 compiler (g++ 11 or clang 14) and the headers of libtorch");
    }
}

#[cfg(not(feature = "tch"))]
fn main() {}
