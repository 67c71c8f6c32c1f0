/// What must agree between a plugin and its host for C++ objects to cross the boundary.
#pragma once

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

/// libstdc++'s ABI, the architecture, and the sanitizer. Compilers of different versions that share
/// the library's ABI may be mixed.
inline constexpr char kToolchainFingerprint[] =
    "libstdc++ abi " PTAH_STRINGIZE(__GXX_ABI_VERSION) " cxx11 " PTAH_STRINGIZE(
        _GLIBCXX_USE_CXX11_ABI) " release " PTAH_STRINGIZE(_GLIBCXX_RELEASE) " sanitizer " PTAH_SANITIZER_;

}  // namespace ptah
