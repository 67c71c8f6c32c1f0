/// A plugin as another build of the SDK would have made it: PTAH_PLUGIN with a manifest that
/// `CHANGE(manifest)` altered.
#pragma once

#include "bad_placer.hpp"

#define PTAH_OTHER_PLUGIN(NAME, CHANGE)                                                            \
  extern "C" {                                                                                     \
  extern const ::ptah::PluginManifest ptah_manifest                                                \
      __attribute__((section(".ptah_manifest"), visibility("default")));                           \
  __attribute__((used)) constinit const ::ptah::PluginManifest ptah_manifest = [] {                \
    auto manifest = ::ptah::detail::make_manifest(::ptah::PluginKind::kPlacer, NAME, "1.0.0",      \
                                                  "Comes from another build of the SDK.");         \
    CHANGE(manifest);                                                                              \
    return manifest;                                                                               \
  }();                                                                                             \
  extern const ::ptah::PluginEntry ptah_plugin __attribute__((visibility("default")));             \
  __attribute__((used)) constinit const ::ptah::PluginEntry ptah_plugin = {                        \
      &ptah_manifest,                                                                              \
      &::ptah::detail::create_stage<::ptah::Placer, ::ptah::bad::BadPlacer<::ptah::bad::Nothing>>, \
      &::ptah::detail::destroy_stage<::ptah::Placer>,                                              \
      &::ptah::bad::BadPlacer<::ptah::bad::Nothing>::options};                                     \
  }                                                                                                \
  /* Were any of its code run, there would be this trace. */                                       \
  __attribute__((constructor)) static void leave_trace() {                                         \
    ::setenv("PTAH_TEST_RAN", NAME, 1);                                                            \
  }
