#include "message.hpp"

#include <algorithm>
#include <map>

namespace ptah::rpc {
namespace {

bool too_deep(std::string_view text, int max_depth) noexcept {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

Json envelope(const Json& id) {
  Json message = Json::object();
  message["jsonrpc"] = "2.0";
  message["id"] = id;
  return message;
}

std::string text_or_empty(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> parse_json(std::string_view text, int max_depth) {
  if (too_deep(text, max_depth)) {
    return make_error(ErrorCode::kLimit,
                      "The JSON text is nested more than " + std::to_string(max_depth) + " deep.");
  }
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return make_error(ErrorCode::kParse, "This is not one complete JSON value in UTF-8.", {},
                      "Send one JSON object a line.");
  }
  return json;
}

bool parse_request(std::string_view line, Request& request, BadRequest& bad) {
  Result<Json> parsed = parse_json(line);
  if (!parsed) {
    bad.reply = encode_error(nullptr, kParseError, parsed.error());
    return false;
  }
  Json& json = parsed.value();
  Json id = nullptr;
  const auto invalid = [&](std::string message) {
    bad.reply = encode_error(id, kInvalidRequest,
                             make_error(ErrorCode::kInvalidArgument, std::move(message)));
    return false;
  };
  if (json.is_array()) return invalid("Batches are not supported: send one request a line.");
  if (!json.is_object()) return invalid("A request is a JSON object.");
  const auto found_id = json.find("id");
  request.notification = found_id == json.end();
  if (!request.notification) {
    if (!found_id->is_string() && !found_id->is_number() && !found_id->is_null()) {
      return invalid("\"id\" is a string or a number.");
    }
    if (found_id->is_string() && found_id->get_ref<const std::string&>().size() > 256) {
      return invalid("\"id\" is longer than 256 bytes.");
    }
    id = *found_id;
  }
  if (text_or_empty(json, "jsonrpc") != "2.0") return invalid("\"jsonrpc\" must be \"2.0\".");
  const auto method = json.find("method");
  if (method == json.end() || !method->is_string()) return invalid("\"method\" must be a string.");
  request.id = id;
  request.method = method->get<std::string>();
  const auto params = json.find("params");
  request.params = params == json.end() || params->is_null() ? Json::object() : std::move(*params);
  return true;
}

std::string encode_result(const Json& id, const Json& result) {
  Json message = envelope(id);
  message["result"] = result;
  return dump(message);
}

std::string encode_error(const Json& id, int code, const Error& error) {
  Json message = envelope(id);
  const Json data = error_to_json(error);
  message["error"] = {{"code", code}, {"message", data["message"]}, {"data", data}};
  return dump(message);
}

std::string encode_error(const Json& id, const Error& error) {
  return encode_error(id, wire_code(error.code), error);
}

std::string encode_notification(std::string_view method, const Json& params) {
  const auto line = [&](const Json& some) {
    return dump({{"jsonrpc", "2.0"}, {"method", method}, {"params", some}});
  };
  std::string whole = line(params);
  return whole.size() < kMaxLine ? whole : line(cut_fields(params, kMaxAnswer));
}

std::string cut_text(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  text.resize(most);
  return text + " ...";
}

Json cut_fields(Json object, std::size_t most) {
  if (!object.is_object()) return dump(object).size() <= most ? object : Json();
  std::map<std::string, std::size_t> sizes;
  std::size_t total = 2;
  for (const auto& [name, value] : object.items()) {
    sizes[name] = dump(name).size() + dump(value).size() + 2;
    total += sizes[name];
  }
  while (total > most && !sizes.empty()) {
    const auto largest =
        std::max_element(sizes.begin(), sizes.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    total -= largest->second;
    object.erase(largest->first);
    object["cut"] = true;
    sizes.erase(largest);
  }
  return object;
}

int wire_code(ErrorCode code) noexcept {
  return -32000 - static_cast<int>(code);
}

Json error_to_json(const Error& error) {
  return {{"code", to_string(error.code)},
          {"message", cut_text(error.message, kMaxMessage)},
          {"where", cut_text(error.where, kMaxPlace)},
          {"hint", cut_text(error.hint, kMaxPlace)}};
}

Error error_from_json(const Json& json) {
  if (!json.is_object()) return make_error(ErrorCode::kInternal, "An error without a description.");
  return make_error(error_code_from_string(text_or_empty(json, "code")),
                    cut_text(text_or_empty(json, "message"), kMaxMessage),
                    cut_text(text_or_empty(json, "where"), kMaxPlace),
                    cut_text(text_or_empty(json, "hint"), kMaxPlace));
}

}  // namespace ptah::rpc
