// In place of a library that libtorch's headers include and that is not in its package. They use it in functions that nothing
// here calls, so declarations are enough.
#pragma once

#include <string>

namespace nlohmann {

struct json {
  json();
  template <class T> explicit json(const T &value);
  std::string dump() const;
  static json parse(const std::string &text);
  template <class T> T get() const;
};

} // namespace nlohmann
