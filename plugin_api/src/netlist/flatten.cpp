#include "netlist/flatten.hpp"

#include <algorithm>
#include <unordered_map>

#include "netlist/device_line.hpp"
#include "netlist/ideal_source.hpp"
#include "netlist/scope.hpp"
#include "netlist/substrate.hpp"
#include "netlist/supplies.hpp"
#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/layout/block.hpp"

namespace ptah::spice {
namespace {

constexpr int kMaxHierarchy = 64;
constexpr std::size_t kMostListed = 20;

using NetMap = std::unordered_map<std::string, NetId>;  // lower-case name; looked up only

/// Of a block, and what its lines hand over: a cell that is there has one size.
struct BlockUse {
  std::shared_ptr<Block> block;
  std::map<std::string, double> given;
  std::string path;  ///< Of the first line.
};
using BlockUses = std::map<std::string, BlockUse>;  // by lower-case name

class Flattener {
 public:
  Flattener(const Deck& deck, const Technology& technology, const SpiceOptions& options,
            BlockUses& blocks)
      : deck_(deck),
        technology_(technology),
        options_(options),
        devices_(deck, technology, options),
        globals_(deck, nullptr, {}, nullptr),
        blocks_(blocks) {}

  /// The devices of one subcircuit alone.
  Result<Circuit> content(const Subcircuit& s, std::map<std::string, Quantity> given, int depth) {
    Circuit& circuit = result_.circuit;
    circuit.name = s.name;
    NetMap nets;
    for (const std::string& port : s.ports) {
      PTAH_TRY(const NetId net, add_net(port, deck_.where(s.place)));
      const std::string key = lower_case(port);
      nets.emplace(key, net);
      if (is_global(key)) global_ids_.emplace(global_key(key), net);
      circuit.ports.push_back(net);
    }
    Scope scope(deck_, &s, std::move(given), &globals_);
    PTAH_TRY(instance(s, "", nets, scope, 1, depth));
    if (!new_globals_.empty()) {
      return fail(s.place, "It uses the global net " +
                               text::quoted(net_name(new_globals_.front())) +
                               ", which is no port of it.");
    }
    if (!sources_.empty())
      return fail(s.place, "It holds the ideal source " + sources_.front().source.name + ".");
    for (const Device& device : circuit.devices) {
      if (device.is_mos() && device.fingers == 0)
        return fail(s.place, "It leaves the finger count of " + device.name + " free.");
    }
    return std::move(circuit);
  }

  Result<SpiceCircuit> run() {
    PTAH_TRY(refuse_recursion());
    PTAH_TRY(const std::size_t top_index, top());
    const Subcircuit& top = deck_.subcircuits[top_index];
    if (options_.blocks.contains(lower_case(top.name))) {
      return fail(top.place,
                  "The circuit " + text::quoted(top.name) + " is bound to a cell itself.",
                  "bind a subcircuit that it calls", ErrorCode::kInvalidArgument);
    }
    Circuit& circuit = result_.circuit;
    circuit.name = top.name;
    NetMap nets;
    for (const std::string& port : top.ports) {
      PTAH_TRY(const NetId net, add_net(port, deck_.where(top.place)));
      const std::string key = lower_case(port);
      nets.emplace(key, net);
      if (is_global(key)) global_ids_.emplace(global_key(key), net);
      circuit.ports.push_back(net);
    }
    PTAH_TRY(auto given, given_to(top));
    Scope scope(deck_, &top, std::move(given), &globals_);
    PTAH_TRY(instance(top, "", nets, scope, 1, 0));
    PTAH_TRY(check_given(top, scope));
    finish_globals();
    leave_nets_of_sources_alone();
    join_local_substrates();
    add_pins();
    result_.notes = deck_.notes;
    for (auto* notes : {&notes_, &renamed_}) {
      for (Note& note : *notes) result_.notes.push_back(std::move(note));
    }
    for (Note& note : devices_.notes()) result_.notes.push_back(std::move(note));
    for (const auto& [name, use] : blocks_) result_.blocks.emplace(name, use.block);
    return std::move(result_);
  }

 private:
  Error fail(Place place, std::string message, std::string hint = {},
             ErrorCode code = ErrorCode::kParse) const {
    return make_error(code, std::move(message), deck_.where(place), std::move(hint));
  }

  /// ngspice takes `gnd` for its ground wherever it stands.
  static bool is_ground(const std::string& lower_name) {
    return lower_name == "0" || lower_name == "gnd";
  }
  bool is_global(const std::string& lower_name) const {
    return is_ground(lower_name) || deck_.global_nets.count(lower_name) != 0;
  }
  static std::string global_key(const std::string& lower_name) {
    return is_ground(lower_name) ? "0" : lower_name;
  }

  static bool declares(const Subcircuit& s, const std::string& name) {
    return s.defaults.count(name) != 0 || s.locals.count(name) != 0;
  }

  /// What the user hands over for parameters of the top's own header and body. A scope of its own
  /// evaluates it: that alone makes no use of them.
  Result<std::map<std::string, Quantity>> given_to(const Subcircuit& top) const {
    Scope scope(deck_, nullptr, {}, nullptr);
    std::map<std::string, Quantity> values;
    for (const auto& [name, parameter] : deck_.given) {
      if (!declares(top, name)) continue;
      PTAH_TRY(const std::optional<Quantity> value, scope.find(name, 0));
      values.emplace(name, *value);
    }
    return values;
  }

  /// A value on which nothing depends is a name misspelt, unless the netlist declares that name.
  Status check_given(const Subcircuit& top, const Scope& scope) {
    std::set<std::string> used = globals_.used();
    used.insert(scope.used().begin(), scope.used().end());
    for (const auto& [name, parameter] : deck_.given) {
      if (used.count(name) != 0) continue;
      const std::string what = "the parameter " + text::quoted(name);
      if (deck_.globals.count(name) == 0 && !declares(top, name)) {
        return fail(parameter.place, "Nothing in the netlist uses " + what + ".",
                    used.empty() ? "it uses no parameters" : "it uses " + listed(used),
                    ErrorCode::kInvalidArgument);
      }
      note("No device depends on " + what + ", which is given.");
    }
    return ok();
  }

  /// The subcircuit an X line calls; nullptr when it is a device of the technology.
  const Subcircuit* callee(const Element& element) const {
    if (element.letter() != 'x' || element.words.empty()) return nullptr;
    const auto it = deck_.by_name.find(lower_case(element.words.back()));
    return it == deck_.by_name.end() ? nullptr : &deck_.subcircuits[it->second];
  }

  /// Depth-first search for a cycle, without recursion: the netlist decides how deep it goes.
  Status refuse_recursion() const {
    enum class State : char { kNew, kOpen, kDone };
    std::vector<State> state(deck_.subcircuits.size(), State::kNew);
    struct Frame {
      std::size_t subcircuit;
      std::size_t next_element = 0;
    };
    for (std::size_t root = 0; root < state.size(); ++root) {
      if (state[root] != State::kNew) continue;
      std::vector<Frame> stack{{root}};
      state[root] = State::kOpen;
      while (!stack.empty()) {
        Frame& frame = stack.back();
        const Subcircuit& s = deck_.subcircuits[frame.subcircuit];
        if (frame.next_element == s.elements.size()) {
          state[frame.subcircuit] = State::kDone;
          stack.pop_back();
          continue;
        }
        const Element& element = s.elements[frame.next_element++];
        const Subcircuit* called = callee(element);
        if (called == nullptr) continue;
        const auto index = static_cast<std::size_t>(called - deck_.subcircuits.data());
        if (state[index] == State::kOpen) {
          std::string cycle;
          const auto start = std::find_if(stack.begin(), stack.end(),
                                          [&](const Frame& f) { return f.subcircuit == index; });
          for (auto it = start; it != stack.end() && cycle.size() < 1000; ++it) {
            cycle += text::quoted(deck_.subcircuits[it->subcircuit].name) + " -> ";
          }
          return fail(element.place, "Subcircuits call each other in a circle: " + cycle +
                                         text::quoted(called->name) + ".");
        }
        if (state[index] == State::kNew) {
          state[index] = State::kOpen;
          stack.push_back({index});
        }
      }
    }
    return ok();
  }

  Result<std::size_t> top() const {
    if (deck_.subcircuits.empty()) {
      return make_error(ErrorCode::kParse, "The netlist defines no .subckt.", deck_.files.front(),
                        "put the circuit between .subckt NAME PORTS and .ends");
    }
    if (!options_.top.empty()) {
      const auto it = deck_.by_name.find(lower_case(options_.top));
      if (it != deck_.by_name.end()) return it->second;
      return make_error(ErrorCode::kNotFound,
                        "The netlist has no subcircuit " + text::quoted(options_.top) + ".",
                        deck_.files.front(), "it has " + names(all()));
    }
    std::vector<bool> called(deck_.subcircuits.size(), false);
    for (const Subcircuit& s : deck_.subcircuits) {
      for (const Element& element : s.elements) {
        if (const Subcircuit* c = callee(element)) {
          called[static_cast<std::size_t>(c - deck_.subcircuits.data())] = true;
        }
      }
    }
    std::vector<std::size_t> roots;
    for (std::size_t i = 0; i < called.size(); ++i) {
      if (!called[i]) roots.push_back(i);
    }
    // xschem comments out the header of the schematic it was asked to netlist: that is the top.
    for (const std::size_t i : roots) {
      if (deck_.subcircuits[i].commented) return i;
    }
    // No cycle, so somebody is not called.
    if (roots.size() == 1) return roots.front();
    return make_error(
        ErrorCode::kInvalidArgument,
        "The netlist has several subcircuits that nobody calls: " + names(roots) + ".",
        deck_.where(deck_.subcircuits[roots[1]].place), "say which one is the top");
  }

  std::vector<std::size_t> all() const {
    std::vector<std::size_t> indices(deck_.subcircuits.size());
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i;
    return indices;
  }

  template <class Names>
  static std::string listed(const Names& names) {
    std::string list;
    std::size_t count = 0;
    for (const std::string& name : names) {
      if (count == kMostListed) return list + ", ...";
      list += (count++ == 0 ? "" : ", ") + text::quoted(name);
    }
    return list;
  }

  std::string names(const std::vector<std::size_t>& indices) const {
    std::vector<std::string> names;
    for (const std::size_t i : indices) names.push_back(deck_.subcircuits[i].name);
    return listed(names);
  }

  void note(std::string sentence) { note({"", std::move(sentence), "", ""}); }
  void note(Note note) {
    if (notes_.size() < kMaxNotes) notes_.push_back(std::move(note));
  }

  /// `written` as tools can take it; apart from other nets.
  std::string name_for_tools(const std::string& written) {
    std::string name = written == "0" ? "GND" : text::tool_name(written);
    // A net that was called otherwise may have taken the name of one that comes later.
    if (name == written && !taken_.contains(lower_case(name))) return name;
    const std::string stem = name;
    for (int i = 2; net_names_.contains(lower_case(name)); ++i) name = stem + std::to_string(i);
    taken_.insert(lower_case(name));
    result_.written[name] = written;
    if (renamed_.size() < kMaxNotes)
      renamed_.push_back({written, "called otherwise for layout tools", written, name});
    return name;
  }

  Result<NetId> add_net(const std::string& written, const std::string& where) {
    const std::string name = name_for_tools(written);
    if (!text::is_plain_name(name)) {
      return make_error(ErrorCode::kParse,
                        "The net name " + text::quoted(written) +
                            " cannot be used: layout tools would not read it as one word.",
                        where, "use letters, digits and _ . + - # [ ] < >");
    }
    if (!net_names_.insert(lower_case(name)).second) {
      return make_error(
          ErrorCode::kParse,
          "Two nets would be called " + text::quoted(name) + " once the hierarchy is flat.", where,
          "rename the net of the upper level");
    }
    result_.circuit.nets.push_back({name});
    return static_cast<NetId>(result_.circuit.nets.size()) - 1;
  }

  /// The net that `name` means inside the instance `prefix` ("x1.x2." or "").
  Result<NetId> net(const std::string& name, const std::string& prefix, NetMap& nets, Place place) {
    const std::string key = lower_case(name);
    if (const auto it = nets.find(key); it != nets.end()) return it->second;
    if (!is_global(key)) {
      PTAH_TRY(const NetId id, add_net(prefix + name, deck_.where(place)));
      nets.emplace(key, id);
      return id;
    }
    const std::string global = global_key(key);
    if (const auto it = global_ids_.find(global); it != global_ids_.end()) return it->second;
    PTAH_TRY(const NetId id, add_net(name, deck_.where(place)));
    global_ids_.emplace(global, id);
    new_globals_.push_back(id);
    return id;
  }

  Status spend(std::size_t work, Place place) {
    // Bounds instances and terminals as well as devices: empty hierarchy can explode, too.
    work_ += work;
    if (result_.circuit.devices.size() > options_.max_devices ||
        work_ > options_.max_devices * 32) {
      return fail(place,
                  "The flat circuit has more than " + std::to_string(options_.max_devices) +
                      " devices (or as much hierarchy).",
                  "choose a smaller subcircuit as the top", ErrorCode::kLimit);
    }
    return ok();
  }

  Status instance(const Subcircuit& s, const std::string& prefix, NetMap& nets, Scope& scope,
                  int multiplier, int depth) {
    if (s.elements.empty()) {
      return fail(s.place, "The subcircuit " + text::quoted(s.name) + " is empty.",
                  "a layout needs at least one device", ErrorCode::kInvalidArgument);
    }
    if (depth > kMaxHierarchy) {
      return fail(s.place, "The hierarchy is deeper than " + std::to_string(kMaxHierarchy) + ".",
                  {}, ErrorCode::kLimit);
    }
    for (const Element& element : s.elements) {
      PTAH_TRY(spend(1 + element.words.size(), element.place));
      if (const Subcircuit* called = callee(element)) {
        if (options_.blocks.contains(lower_case(called->name))) {
          PTAH_TRY(add_block(element, *called, prefix, nets, scope, multiplier, depth));
        } else {
          PTAH_TRY(call(element, *called, prefix, nets, scope, multiplier, depth));
        }
      } else if (is_block_without_ports(element)) {
        return fail(element.place,
                    prefix + element.name + ": " + text::quoted(element.words.back()) +
                        " has no .subckt in the netlist, which would say the order of its ports.",
                    "add .subckt " + element.words.back() +
                        " with the labels of its cell in the order of this line, and .ends",
                    ErrorCode::kInvalidArgument);
      } else if (is_ideal_source(element)) {
        PTAH_TRY(add_source(element, prefix, nets, scope, multiplier));
      } else {
        PTAH_TRY(DeviceLine line, devices_.read(element, prefix + element.name, scope));
        if (line.left_out) continue;
        PTAH_TRY(add(line, prefix, nets, element.place, multiplier));
      }
    }
    return ok();
  }

  bool is_block_without_ports(const Element& element) const {
    return element.letter() == 'x' && !element.words.empty() &&
           options_.blocks.contains(lower_case(element.words.back()));
  }

  /// One for each port.
  Result<std::vector<std::string>> nodes_of(const Element& element, const Subcircuit& called,
                                            const std::string& path) const {
    std::vector<std::string> nodes(element.words.begin(), element.words.end() - 1);
    if (!nodes.empty() && nodes.back() == "/") nodes.pop_back();  // CDL: x1 a b / name
    if (nodes.size() != called.ports.size()) {
      return fail(element.place, path + ": it connects " + std::to_string(nodes.size()) +
                                     " nets, but " + text::quoted(called.name) + " (" +
                                     deck_.where(called.place) + ") has " +
                                     std::to_string(called.ports.size()) + " ports.");
    }
    return nodes;
  }

  /// What the line hands over.
  Result<std::map<std::string, Quantity>> given_on(const Element& element, const Subcircuit& called,
                                                   const std::string& path, Scope& scope) {
    std::map<std::string, Quantity> given;
    for (const auto& [key, parameter] : element.parameters) {
      if (called.defaults.count(key) != 0) {
        PTAH_TRY(const Quantity value, scope.evaluate(element, key));
        given.emplace(key, value);
      } else if (key != "m") {
        note(path + ": parameter " + text::quoted(key) + " ignored, " + called.name +
             " declares none of that name (" + deck_.where(element.place) + ").");
      }
    }
    return given;
  }

  Status call(const Element& element, const Subcircuit& called, const std::string& prefix,
              NetMap& nets, Scope& scope, int multiplier, int depth) {
    const std::string path = prefix + element.name;
    PTAH_TRY(const auto nodes, nodes_of(element, called, path));
    NetMap inner;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      PTAH_TRY(const NetId id, net(nodes[i], prefix, nets, element.place));
      inner.emplace(lower_case(called.ports[i]), id);
    }
    PTAH_TRY(const int m, devices_.count(element, "m", scope, 1024));
    if (multiplier > 1'000'000 / m) {
      return fail(element.place, path + ": m= multiplies to more than a million.", {},
                  ErrorCode::kLimit);
    }
    PTAH_TRY(auto given, given_on(element, called, path, scope));
    Scope inner_scope(deck_, &called, std::move(given), &globals_);
    return instance(called, path + ".", inner, inner_scope, multiplier * m, depth + 1);
  }

  /// The block of that name; its content is that of the first line that calls it.
  Result<std::shared_ptr<Block>> block_of(const Subcircuit& called, const std::string& path,
                                          Place place, std::map<std::string, Quantity> given,
                                          int depth) {
    std::map<std::string, double> values;
    for (const auto& [key, quantity] : given) values.emplace(key, quantity.value);
    const auto [use, fresh] = blocks_.try_emplace(lower_case(called.name));
    if (!fresh) {
      if (use->second.given == values) return use->second.block;
      return fail(place,
                  path + " and " + use->second.path + " hand over different parameters to " +
                      text::quoted(called.name) + ", whose cell is one.",
                  "bind a subcircuit of its own to each cell", ErrorCode::kInvalidArgument);
    }
    auto block = std::make_shared<Block>();
    use->second = {block, std::move(values), path};
    block->name = called.name;
    block->ports = called.ports;
    block->empty = called.elements.empty();
    if (block->empty) return block;
    auto content = Flattener(deck_, technology_, options_, blocks_)
                       .content(called, std::move(given), depth + 1);
    if (content) {
      block->content = std::make_shared<const Circuit>(std::move(content).value());
    } else if (content.error().code == ErrorCode::kLimit) {
      return content.error();
    } else {
      block->not_simulated = content.error();
    }
    return block;
  }

  Status add_block(const Element& element, const Subcircuit& called, const std::string& prefix,
                   NetMap& nets, Scope& scope, int multiplier, int depth) {
    Device device;
    device.kind = DeviceKind::kBlock;
    device.name = prefix + element.name;
    device.model = called.name;
    device.where = deck_.where(element.place);
    PTAH_TRY(const auto nodes, nodes_of(element, called, device.name));
    if (nodes.empty()) {
      return fail(called.place, "The subcircuit " + text::quoted(called.name) +
                                    " has no ports: nothing could be wired to its cell.");
    }
    for (const std::string& node : nodes) {
      PTAH_TRY(const NetId id, net(node, prefix, nets, element.place));
      device.nets.push_back(id);
    }
    PTAH_TRY(const int m, devices_.count(element, "m", scope, 1024));
    if (multiplier > 1024 / m) {
      return fail(element.place, device.name + ": m= multiplies to more than 1024 cells.", {},
                  ErrorCode::kLimit);
    }
    PTAH_TRY(auto given, given_on(element, called, device.name, scope));
    PTAH_TRY(device.block, block_of(called, device.name, element.place, std::move(given), depth));
    const std::string name = device.name;
    for (int copy = 1; copy <= multiplier * m; ++copy) {
      if (multiplier * m > 1) device.name = name + "_" + std::to_string(copy);
      PTAH_TRY(add_device(device, element.place));
    }
    return ok();
  }

  /// Adds the devices a line stands for: a series stack, copies of a passive.
  Status add(DeviceLine& line, const std::string& prefix, NetMap& nets, Place place,
             int multiplier) {
    Device device = line.device;
    for (const std::string& name : line.nets) {
      PTAH_TRY(const NetId id, net(name, prefix, nets, place));
      device.nets.push_back(id);
    }
    if (multiplier > 1'000'000 / device.multiplier) {
      return fail(place, device.name + ": m= multiplies to more than a million.", {},
                  ErrorCode::kLimit);
    }
    device.multiplier *= multiplier;
    if (device.is_mos()) {
      if (static_cast<std::int64_t>(device.multiplier) * std::max(device.fingers, 1) > 4096) {
        return fail(place,
                    device.name + ": " + std::to_string(device.multiplier) + " copies of " +
                        std::to_string(std::max(device.fingers, 1)) +
                        " fingers are more than the 4096 one device may have.",
                    {}, ErrorCode::kLimit);
      }
      return line.stack == 1 ? add_device(device, place) : add_stack(device, line, place);
    }
    const int copies = device.multiplier;
    device.multiplier = 1;
    const std::string name = device.name;
    for (int copy = 1; copy <= copies; ++copy) {
      if (copies > 1) device.name = name + "_" + std::to_string(copy);
      PTAH_TRY(add_device(device, place));
    }
    return ok();
  }

  /// M0 with stack=3: M0_1 at the drain, M0_2, M0_3 at the source; one gate, nets M0_n1, M0_n2.
  Status add_stack(const Device& device, const DeviceLine& line, Place place) {
    MatchedGroup group;
    NetId upper = device.nets[terminal::kDrain];
    for (int i = 1; i <= line.stack; ++i) {
      Device part = device;
      part.name = device.name + "_" + std::to_string(i);
      part.nets[terminal::kDrain] = upper;
      if (i < line.stack) {
        PTAH_TRY(upper, add_net(device.name + "_n" + std::to_string(i), deck_.where(place)));
        part.nets[terminal::kSource] = upper;
      }
      group.push_back(static_cast<DeviceId>(result_.circuit.devices.size()));
      PTAH_TRY(add_device(part, place));
    }
    // One transistor to the designer: a free finger count is free once, not in every part.
    if (line.free_fingers) result_.circuit.matched.push_back(std::move(group));
    return ok();
  }

  Status add_device(const Device& device, Place place) {
    if (!text::is_plain_name(device.name)) {
      return fail(place, "The device name " + text::quoted(device.name) + " is too long.", {},
                  ErrorCode::kLimit);
    }
    if (!device_names_.insert(lower_case(device.name)).second) {
      return fail(place, "Two devices are called " + text::quoted(device.name) + ".");
    }
    result_.circuit.devices.push_back(device);
    return spend(0, place);
  }

  Status add_source(const Element& element, const std::string& prefix, NetMap& nets, Scope& scope,
                    int multiplier) {
    const std::string path = prefix + element.name;
    Source source;
    source.source.name = path;
    source.source.letter = element.letter();
    PTAH_TRY(source.source.value, source_value(element, path, scope, deck_));
    if (multiplier != 1) {
      return fail(element.place,
                  path + ": a source in a cell that m= multiplies would be several sources.", {},
                  ErrorCode::kUnsupported);
    }
    for (std::size_t i = 0; i < source_nets(element.letter()); ++i) {
      PTAH_TRY(const NetId id, net(element.words[i], prefix, nets, element.place));
      source.nets.push_back(id);
    }
    sources_.push_back(std::move(source));
    return ok();
  }

  std::string& net_name(NetId id) {
    return result_.circuit.nets[static_cast<std::size_t>(id)].name;
  }

  /// Supplies that are global in the schematic have to leave the layout through a port.
  void finish_globals() {
    for (const NetId id : new_globals_) {
      result_.circuit.ports.push_back(id);
      result_.globals.push_back(net_name(id));
      note({net_name(id), "became a port of " + result_.circuit.name, "global net", "pin"});
    }
  }

  /// Nets that no device has, such as the ground of a source, are none of the layout's.
  void leave_nets_of_sources_alone() {
    Circuit& circuit = result_.circuit;
    for (Source& source : sources_) {
      for (const NetId id : source.nets) source.source.nets.push_back(net_name(id));
    }
    const std::vector<int> terminals = terminal_counts(circuit);
    std::vector<bool> alone(circuit.nets.size(), false);
    for (const Source& source : sources_) {
      for (const NetId id : source.nets) {
        const auto n = static_cast<std::size_t>(id);
        alone[n] = terminals[n] == 0;
      }
    }
    for (std::size_t n = 0; n < alone.size(); ++n) {
      if (!alone[n]) continue;
      const std::string& name = circuit.nets[n].name;
      std::erase(result_.globals, name);
      std::erase_if(renamed_, [&](const Note& each) { return each.to == name; });
      std::erase_if(notes_, [&](const Note& each) { return each.device == name; });
    }
    drop(alone);
  }

  void join_local_substrates() {
    std::vector<NetId> driven;
    for (const Source& source : sources_)
      driven.insert(driven.end(), source.nets.begin(), source.nets.end());
    const LocalSubstrates local = spice::join_local_substrates(result_.circuit, driven);
    for (std::size_t n = 0; n < local.gone.size(); ++n) {
      if (local.gone[n])
        note({result_.circuit.nets[n].name, "the substrate below a cell, as Magic calls it",
              "inner net", net_name(local.joined)});
    }
    drop(local.gone);
  }

  /// Takes out nets that no device has.
  void drop(const std::vector<bool>& gone) {
    Circuit& circuit = result_.circuit;
    for (std::size_t n = 0; n < gone.size(); ++n)
      if (gone[n]) result_.written.erase(circuit.nets[n].name);
    const std::vector<NetId> now = remove_nets(circuit, gone);
    for (Source& source : sources_) {
      for (NetId& id : source.nets)
        if (id != kNoNet) id = now[static_cast<std::size_t>(id)];
    }
  }

  /// Of inner nets that a source or a supply drives from outside the layout.
  void add_pins() {
    Circuit& circuit = result_.circuit;
    for (Source& source : sources_) {
      note({source.source.name, "an ideal source, which joins the testbench", source.source.value,
            "left out"});
      for (const NetId id : source.nets) {
        if (id != kNoNet) add_pin(id, "inner net of the source " + source.source.name);
      }
      result_.sources.push_back(std::move(source.source));
    }
    for (const NetId id : supplies_without_port(circuit)) add_pin(id, "supply that is no port");
  }

  void add_pin(NetId id, const std::string& what) {
    if (result_.circuit.is_port(id)) return;
    result_.circuit.ports.push_back(id);
    note({net_name(id), what, "inner net", "pin"});
  }

  struct Source {
    IdealSource source;
    std::vector<NetId> nets;
  };

  const Deck& deck_;
  const Technology& technology_;
  const SpiceOptions& options_;
  DeviceReader devices_;
  Scope globals_;
  BlockUses& blocks_;
  SpiceCircuit result_;
  std::vector<Source> sources_;
  std::vector<Note> notes_;
  std::vector<Note> renamed_;
  std::set<std::string> taken_;         ///< Names that were given to nets here, lower case.
  std::set<std::string> net_names_;     // lower case, of the flat circuit
  std::set<std::string> device_names_;  // likewise
  NetMap global_ids_;
  std::vector<NetId> new_globals_;
  std::size_t work_ = 0;
};

}  // namespace

Result<SpiceCircuit> flatten(const Deck& deck, const Technology& technology,
                             const SpiceOptions& options) {
  BlockUses blocks;
  return Flattener(deck, technology, options, blocks).run();
}

}  // namespace ptah::spice
