// The call stack of a recorded op.
#include "session.h"

#include <ATen/ops/add_ops.h>
#include <c10/core/CPUAllocator.h>

#if __has_include(<unwind.h>)
#include <unwind.h>
#endif
#if defined(__linux__)
#include <link.h>
#endif

#include <algorithm>
#include <array>

namespace tx {

// The call stack of an op, innermost first, as return addresses. The frames of libtorch and of the C library are left out
// where they can be recognised: they are many, no forward is among them, and resolving them would read all of their symbols.
namespace {

constexpr size_t MOST = 48;

struct Module {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  bool holds(uintptr_t address) const { return begin <= address && address < end; }
};

using Modules = std::array<Module, 3>;

#if defined(__linux__)
// The address range of the library or program that contains `address`.
Module module_of(uintptr_t address) {
  struct Search {
    uintptr_t address;
    Module found;
  } search{address, {}};
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *data) {
        Module all{UINTPTR_MAX, 0};
        for (int i = 0; i < info->dlpi_phnum; ++i)
          if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            const uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            all = {std::min(all.begin, begin), std::max(all.end, begin + info->dlpi_phdr[i].p_memsz)};
          }
        auto *search = static_cast<Search *>(data);
        if (all.holds(search->address))
          search->found = all;
        return search->found.end != 0 ? 1 : 0;
      },
      &search);
  return search.found;
}

// The address range of the library that has a function, unless it is linked into the program itself.
template <typename Function> Module library_of(Function *function) {
  const auto module = module_of(reinterpret_cast<uintptr_t>(function));
  return module.holds(reinterpret_cast<uintptr_t>(&module_of)) ? Module{} : module;
}

// None of these functions is in a header, where it would be compiled into this program as well.
const Modules &skipped() {
  static const Modules found{library_of(&at::_ops::add_Tensor::call), library_of(&c10::GetCPUAllocator),
                             library_of(&dl_iterate_phdr)};
  return found;
}
#else
const Modules &skipped() {
  static const Modules none{};
  return none;
}
#endif

} // namespace

void write_frames(Writer &out) {
  struct Stack {
    const Modules &skip;
    size_t count = 0;
    std::array<uint64_t, MOST> addresses;
  } stack{skipped(), 0, {}};
#if __has_include(<unwind.h>)
  _Unwind_Backtrace(
      [](_Unwind_Context *context, void *data) {
        auto *stack = static_cast<Stack *>(data);
        const auto address = static_cast<uintptr_t>(_Unwind_GetIP(context));
        const auto holds = [&](const Module &module) { return module.holds(address); };
        if (std::none_of(stack->skip.begin(), stack->skip.end(), holds))
          stack->addresses[stack->count++] = address;
        return stack->count == MOST ? _URC_END_OF_STACK : _URC_NO_REASON;
      },
      &stack);
#endif
  out.u64(stack.count);
  for (size_t i = 0; i < stack.count; ++i)
    out.u64(stack.addresses[i]);
}

} // namespace tx
