// AOTInductor packages: libtorch's loader behind the flat interface of `aoti.h`.
//
// It is a unit of translation of its own, so that the rest of the shim compiles without the loader's headers.
#include "aoti.h"
#include "wire.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_strided.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>

#ifndef _WIN32
#include <dlfcn.h>
extern char **environ;
#endif

using namespace tx;

struct tx_package {
  torch::inductor::AOTIModelPackageLoader loader;
};

namespace {

constexpr const char *CHECKS = "AOTI_RUNTIME_CHECK_INPUTS";

// A package checks element types, sizes and strides of its inputs only if this variable is set when it is first run.
// Without the checks it reads whatever memory the wrong tensor has. A value that the user has set stays.
void ask_for_checks() {
  if (std::getenv(CHECKS) != nullptr)
    return;
#ifdef _WIN32
  _putenv_s(CHECKS, "1");
#else
  // `setenv` may free the array that another thread reads in `getenv`. A new array beside it cannot do harm.
  size_t count = 0;
  while (environ != nullptr && environ[count] != nullptr)
    ++count;
  static const std::string entry = std::string(CHECKS) + "=1";
  auto **fresh = static_cast<char **>(std::malloc((count + 2) * sizeof(char *)));
  if (fresh == nullptr)
    throw std::bad_alloc();
  for (size_t i = 0; i < count; ++i)
    fresh[i] = environ[i];
  fresh[count] = const_cast<char *>(entry.c_str());
  fresh[count + 1] = nullptr;
  __atomic_store_n(&environ, fresh, __ATOMIC_RELEASE);
#endif
}

// The code of a package needs a library named libtorch.so, which it does not find where only this program knows the folder.
// Once it is loaded from there, its name is enough.
void load_libtorch() {
#ifdef __linux__
  Dl_info place;
  if (dladdr(reinterpret_cast<void *>(&torch::inductor::getAOTIModelRunnerRegistry), &place) == 0 || place.dli_fname == nullptr)
    return;
  const std::string file = place.dli_fname;
  const auto end = file.rfind('/');
  // If this fails, the loader has a message for it.
  if (end != std::string::npos)
    dlopen((file.substr(0, end) + "/libtorch.so").c_str(), RTLD_LAZY | RTLD_LOCAL);
#endif
}

// Compiled code takes the address of the elements and knows neither of lazy bits nor of other layouts.
void check_readable(const at::Tensor &t, size_t number) {
  const auto refuse = [&](const char *what) {
    throw std::runtime_error("the tensor input number " + std::to_string(number) + " " + what);
  };
  if (!t.defined())
    refuse("is undefined");
  if (t.layout() != at::kStrided)
    refuse("is not strided, and compiled code reads strided tensors only; call to_dense");
  if (t.is_conj())
    refuse("is a conjugated view, which compiled code cannot read; call resolve_conj");
  if (t.is_neg())
    refuse("is a negated view, which compiled code cannot read; call resolve_neg");
}

Writer texts(const std::vector<std::string> &list) {
  Writer w;
  w.u64(list.size());
  for (const auto &text : list)
    w.text(text);
  return w;
}

} // namespace

extern "C" int tx_package_load(const char *path, const char *model, int single_threaded, size_t runners, int device,
                               tx_package **package, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    // The loader keeps what it has parsed in a static variable, so loads take turns.
    static std::mutex turn;
    const std::lock_guard lock(turn);
    ask_for_checks();
    load_libtorch();
    *package = new tx_package{torch::inductor::AOTIModelPackageLoader(path, model, single_threaded != 0, runners,
                                                                      static_cast<c10::DeviceIndex>(device))};
    return TX_OK;
  });
}

extern "C" void tx_package_free(tx_package *package) {
  try {
    delete package;
  } catch (...) {
    // What cannot be released is leaked: nobody could act on it.
  }
}

extern "C" int tx_package_specs(tx_package *package, tx_bytes *out) {
  return guarded(out, [&]() -> int {
    give(out, texts(package->loader.get_call_spec()).bytes());
    return TX_OK;
  });
}

extern "C" int tx_package_constants(tx_package *package, tx_bytes *out) {
  return guarded(out, [&]() -> int {
    give(out, texts(package->loader.get_constant_fqns()).bytes());
    return TX_OK;
  });
}

extern "C" int tx_package_run(tx_package *package, void *const *inputs, size_t len, tx_tensors *outputs,
                              tx_bytes *error) {
  return guarded(error, [&]() -> int {
    std::vector<at::Tensor> given;
    given.reserve(len);
    for (size_t i = 0; i < len; ++i) {
      check_readable(tensor_of(inputs[i]), i);
      given.push_back(tensor_of(inputs[i]));
    }
    auto results = package->loader.boxed_run(std::move(given));
    std::vector<std::unique_ptr<at::Tensor>> made;
    made.reserve(results.size());
    for (auto &result : results)
      made.push_back(result.defined() ? std::make_unique<at::Tensor>(std::move(result)) : nullptr);
    auto **items = static_cast<void **>(std::malloc(std::max<size_t>(made.size(), 1) * sizeof(void *)));
    if (items == nullptr)
      throw std::bad_alloc();
    for (size_t i = 0; i < made.size(); ++i)
      items[i] = made[i].release();
    *outputs = {items, made.size()};
    return TX_OK;
  });
}

extern "C" int tx_package_load_constants(tx_package *package, const uint8_t *names, size_t names_len,
                                         void *const *tensors, size_t len, int full, tx_bytes *error) {
  return guarded(error, [&]() -> int {
    const at::NoGradGuard no_grad;
    const auto known = package->loader.get_runner()->extract_constants_map(false);
    Reader reader(names, names_len);
    std::unordered_map<std::string, at::Tensor> constants;
    for (size_t i = 0; i < len; ++i) {
      const auto name = reader.text();
      const auto &given = tensor_of(tensors[i]);
      const auto held = known.find(name);
      if (held == known.end())
        throw std::runtime_error("the package holds no constant " + name +
                                 "; a package that was made without its constants cannot be filled, since it does not "
                                 "say how large they are");
      // The package copies the whole storage of a tensor to the place of its constant, whatever its size. So it gets an
      // exact twin of the constant.
      const auto &now = held->second;
      if (given.sizes() != now.sizes())
        throw std::runtime_error("size mismatch for " + name + ": the constant has the sizes " + c10::str(now.sizes()) +
                                 ", the given tensor " + c10::str(given.sizes()));
      if (given.scalar_type() != now.scalar_type())
        throw std::runtime_error("element type mismatch for " + name + ": the constant is of " +
                                 c10::toString(now.scalar_type()) + ", the given tensor of " +
                                 c10::toString(given.scalar_type()));
      auto twin = at::empty_strided(now.sizes(), now.strides(), now.options().requires_grad(false));
      twin.copy_(given);
      constants.emplace(name, std::move(twin));
    }
    if (full)
      for (const auto &[name, held] : known)
        if (constants.find(name) == constants.end())
          throw std::runtime_error("the constant " + name + " is missing");
    package->loader.load_constants(constants, false, full != 0);
    return TX_OK;
  });
}
