/// What must agree between a plugin and its host for C++ objects to cross the boundary.
#pragma once

#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include "ptah/plugin/sdk_text.hpp"

namespace ptah {

#define PTAH_STRINGIZE_(x) #x
#define PTAH_STRINGIZE(x) PTAH_STRINGIZE_(x)

#if defined(__SANITIZE_ADDRESS__)
#define PTAH_SANITIZER_ "asan"
#elif defined(__SANITIZE_THREAD__)
#define PTAH_SANITIZER_ "tsan"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PTAH_SANITIZER_ "asan"
#elif __has_feature(thread_sanitizer)
#define PTAH_SANITIZER_ "tsan"
#else
#define PTAH_SANITIZER_ "none"
#endif
#else
#define PTAH_SANITIZER_ "none"
#endif

#if defined(_GLIBCXX_DEBUG)
#define PTAH_CONTAINERS_ "checked"
#else
#define PTAH_CONTAINERS_ "plain"
#endif

/// The standard library and its ABI, the libraries whose types stand in stage interfaces
/// (nlohmann::json, Boost.Outcome), the sanitizer, and the text of the SDK's headers, which says
/// what stages and values look like. Compilers may be mixed: g++ and clang++ agree on
/// the rest (tests/contract tries it). The machine stands in the ELF header.
inline constexpr char kToolchainFingerprint[] =
    "libstdc++ " PTAH_STRINGIZE(_GLIBCXX_RELEASE) " cxx11 " PTAH_STRINGIZE(
        _GLIBCXX_USE_CXX11_ABI) " containers " PTAH_CONTAINERS_
    " json " PTAH_STRINGIZE(NLOHMANN_JSON_VERSION_MAJOR) "." PTAH_STRINGIZE(
        NLOHMANN_JSON_VERSION_MINOR) "." PTAH_STRINGIZE(NLOHMANN_JSON_VERSION_PATCH)
    " diagnostics " PTAH_STRINGIZE(JSON_DIAGNOSTICS)
    " boost " BOOST_LIB_VERSION " sanitizer " PTAH_SANITIZER_ " sdk " PTAH_SDK_TEXT;

}  // namespace ptah
