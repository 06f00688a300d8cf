// How a declaration is printed in the notation of the Java bindings; see abi_check.cpp.
#ifndef LANGEVIN_ABI_CHECK_H
#define LANGEVIN_ABI_CHECK_H

#include <stddef.h>
#include <stdio.h>

#include <string>
#include <type_traits>

void print_langevin();
void print_training();
void print_half();
void print_int8();
void print_winograd();
void print_cuda();
void print_driver();

namespace {

template <typename T>
constexpr char letter() {
  if constexpr (std::is_void_v<T>) {
    return 'v';
  } else if constexpr (std::is_pointer_v<T>) {
    return 'p';
  } else if constexpr (std::is_same_v<T, float>) {
    return 'f';
  } else if constexpr (std::is_same_v<T, double>) {
    return 'd';
  } else {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>, "a type that the bindings have no letter for");
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "an integer that the bindings have no letter for");
    return sizeof(T) == 4 ? 'i' : 'l';
  }
}

template <typename Function>
struct Signature;

template <typename Result, typename... Arguments>
struct Signature<Result (*)(Arguments...)> {
  static std::string text() { return std::string{letter<Result>(), '=', letter<Arguments>()...}; }
};

template <typename T>
void print_field(const char* name, size_t offset) {
  using Element = std::remove_all_extents_t<T>;
  printf("field %s %zu %c%zu\n", name, offset, letter<Element>(), sizeof(T) / sizeof(Element));
}

}  // namespace

#define FUNCTION(name) printf("function %s %s\n", #name, Signature<decltype(&name)>::text().c_str())
#define CONSTANT(name) printf("constant %s %lld\n", #name, (long long)(name))
#define STRUCT(name) printf("struct %s %zu\n", #name, sizeof(name))
#define FIELD(type, name) print_field<decltype(type::name)>(#type "." #name, offsetof(type, name))

#endif
