/// The wire form of JSON-RPC 2.0: one object a line. Pure functions on text.
#pragma once

#include <string>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah::rpc {

/// Longest request line, and longest line that is sent.
constexpr std::size_t kMaxLine = 1u << 20;
/// Longest result of a method: its envelope still fits into a line with it.
constexpr std::size_t kMaxAnswer = kMaxLine - (64u << 10);
/// One of several large values in a line.
constexpr std::size_t kMaxPart = 250u << 10;
/// Longest text of an error: its message, and each of its place and hint.
constexpr std::size_t kMaxMessage = 16u << 10;
constexpr std::size_t kMaxPlace = 4u << 10;
/// Deepest nesting of arrays and objects in a request; deeper text is refused unparsed, because
/// writing JSON recurses.
constexpr int kMaxDepth = 64;

constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;
constexpr int kInternalError = -32603;

struct Request {
  Json id;  ///< Discarded-type for a notification.
  bool notification = false;
  std::string method;
  Json params = Json::object();
};

/// A request that cannot be dispatched: its reply.
struct BadRequest {
  std::string reply;
};

/// Parses JSON text that came from outside: depth bounded, UTF-8 checked, no exceptions.
Result<Json> parse_json(std::string_view text, int max_depth = kMaxDepth);

/// Parses one line. On failure `bad.reply` is what to answer.
bool parse_request(std::string_view line, Request& request, BadRequest& bad);

/// Lines without their newline.
std::string encode_result(const Json& id, const Json& result);
std::string encode_error(const Json& id, int code, const Error& error);
std::string encode_error(const Json& id, const Error& error);
/// Parameters that make the line too long are cut: see `cut_fields`.
std::string encode_notification(std::string_view method, const Json& params);

/// At most so many bytes of a text, whole characters; what was longer ends with " ...".
std::string cut_text(std::string text, std::size_t most);
/// An object of more than `most` bytes without its largest fields, and with `"cut": true`; null for
/// another value of more.
Json cut_fields(Json object, std::size_t most);

/// The JSON-RPC number of one of our errors, -32000 and below.
int wire_code(ErrorCode code) noexcept;

/// {"code","message","where","hint"}, and back (missing fields stay empty). Both ways texts are
/// cut to what an error may hold: whoever wrote it, it fits into a line with others.
Json error_to_json(const Error& error);
Error error_from_json(const Json& json);

/// `json` as text; bytes that are no UTF-8 are replaced instead of thrown at.
std::string dump(const Json& json);

}  // namespace ptah::rpc
