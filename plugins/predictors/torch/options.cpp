#include "options.hpp"

namespace ptah::nets {
namespace {

OptionSchema common(double learning_rate, double l2) {
  return {
      {"epochs",
       OptionType::kInt,
       45,
       "Passes over the training part; 0: the weights of the model that it goes on from.",
       0,
       10'000,
       {}},
      {"layouts",
       OptionType::kInt,
       0,
       "Learns from so many of the training part, drawn by the seed; 0: all.",
       0,
       1e9,
       {}},
      {"batch", OptionType::kInt, 48, "Placements a step.", 1, 4096, {}},
      {"learning_rate", OptionType::kReal, learning_rate, "Of Adam.", 1e-7, 1, {}},
      {"l2", OptionType::kReal, l2, "Weight of half the sum of squared weights.", 0, 10, {}},
      {"grid", OptionType::kInt, 64, "Pixels a side of a picture; published: 64.", 16, 64, {}},
      {"members", OptionType::kInt, 1, "Networks of other seeds, which vote.", 1, 16, {}},
      {"cosine",
       OptionType::kBool,
       false,
       "The learning rate falls to nothing along half a cosine.",
       {},
       {},
       {}},
      {"mirror",
       OptionType::kBool,
       false,
       "Placements are shown mirrored, left for right, as often as not.",
       {},
       {},
       {}},
      {"target",
       OptionType::kText,
       "worst",
       "worst: to be among the worst quarter, as published; rank: the share of layouts that are "
       "better, of which the other is made at the end; both: their mean.",
       {},
       {},
       {"worst", "rank", "both"}},
      {"keep",
       OptionType::kText,
       "best",
       "best: the weights after the epoch of least loss on the validation part; last: as released.",
       {},
       {},
       {"best", "last"}},
      {"threads",
       OptionType::kInt,
       1,
       "Threads of a step; another number, other last bits.",
       1,
       256,
       {}},
  };
}

FitOptions fit_options(const Options& options) {
  FitOptions fit;
  fit.epochs = static_cast<int>(options.integer("epochs"));
  fit.batch = static_cast<int>(options.integer("batch"));
  fit.learning_rate = options.real("learning_rate");
  fit.l2 = options.real("l2");
  fit.grid = static_cast<int>(options.integer("grid"));
  fit.mirror = options.flag("mirror");
  fit.cosine = options.flag("cosine");
  fit.layouts = static_cast<std::size_t>(options.integer("layouts"));
  fit.target = predictors::target_from(options.text("target"));
  return fit;
}

SearchOptions search_options(const Options& options, const Architecture& common) {
  SearchOptions search;
  const std::string method = options.text("search");
  search.method = method == "random"    ? Method::kRandom
                  : method == "halving" ? Method::kHalving
                                        : Method::kGraphPropagation;
  search.candidates = static_cast<std::size_t>(options.integer("candidates"));
  // The proxy's share of a budget: of 117 minutes, 54 (the rungs and the last training need the
  // rest).
  search.seconds = options.real("budget_hours") * 3600 * 54 / 117;
  search.side_by_side = static_cast<std::size_t>(options.integer("side_by_side"));
  search.alpha = options.real("alpha");
  search.cost_per_ms = options.real("cost_per_ms");
  search.common = common;
  const auto layouts = static_cast<std::size_t>(options.integer("proxy_layouts"));
  const int epochs = static_cast<int>(options.integer("proxy_epochs"));
  const int grid = static_cast<int>(options.integer("grid"));
  search.proxy = {layouts, epochs, static_cast<int>(options.integer("proxy_grid"))};
  search.rungs = {{static_cast<std::size_t>(options.integer("second")), {layouts, epochs, grid}},
                  {static_cast<std::size_t>(options.integer("third")),
                   {0, static_cast<int>(options.integer("third_epochs")), grid}}};
  return search;
}

}  // namespace

OptionSchema cnn_trainer_options() {
  OptionSchema schema = common(3e-4, 0.1);
  schema.push_back(
      {"dims", OptionType::kInt, 2, "2, or 3: the one with a third dimension.", 2, 3, {}});
  schema.push_back({"inputs",
                    OptionType::kText,
                    "raw",
                    "raw: bytes and indices as released; unit: divided by the largest.",
                    {},
                    {},
                    {"raw", "unit"}});
  schema.push_back({"decay",
                    OptionType::kReal,
                    0.9,
                    "Of the learning rate, each decay_steps steps.",
                    0.01,
                    1,
                    {}});
  schema.push_back({"decay_steps", OptionType::kInt, 430, "0: none.", 0, 1e9, {}});
  return schema;
}

OptionSchema nas_trainer_options() {
  OptionSchema schema = common(5e-4, 1e-3);
  const auto text = [&](const char* name, const char* standard, const char* description,
                        std::vector<std::string> choices) {
    schema.push_back({name, OptionType::kText, standard, description, {}, {}, std::move(choices)});
  };
  const auto whole = [&](const char* name, int standard, const char* description, double least,
                         double most) {
    schema.push_back({name, OptionType::kInt, standard, description, least, most, {}});
  };
  text("architecture", "", "JSON of a network; empty: a plain one, or what a search finds.", {});
  text("inputs", "unit", "raw: bytes and indices; unit: divided by the largest.", {"raw", "unit"});
  schema.push_back({"batch_norm", OptionType::kBool, false, "After convolutions.", {}, {}, {}});
  whole("filters", 32, "Of the fixed convolutions; a multiple of 4.", 4, 128);
  text("search", "none", "Looks for a network first.",
       {"none", "graph_propagation", "random", "halving"});
  whole("candidates", 120, "Networks that a search draws.", 1, 100'000);
  schema.push_back({"budget_hours",
                    OptionType::kReal,
                    0.0,
                    "Of a search with its last training; 0: all candidates. The result then "
                    "depends on the machine.",
                    0,
                    10'000,
                    {}});
  whole("side_by_side", 1, "Candidates trained at once, a thread each.", 1, 256);
  schema.push_back({"alpha",
                    OptionType::kReal,
                    20.0,
                    "How far weights move by a difference of eta.",
                    0,
                    1000,
                    {}});
  text("eta", "accuracy", "What a candidate is judged by, on the validation part.",
       {"accuracy", "auroc", "loss"});
  schema.push_back({"cost_per_ms",
                    OptionType::kReal,
                    0.0,
                    "Taken from eta for each estimated millisecond a placement.",
                    0,
                    1,
                    {}});
  whole("proxy_layouts", 2000, "Layouts that candidates are trained with; 0: all.", 0, 1e9);
  whole("proxy_epochs", 16, "Their epochs.", 1, 10'000);
  whole("proxy_grid", 32, "Their pictures' pixels a side.", 16, 64);
  whole("second", 8, "Candidates that are judged with whole pictures.", 1, 10'000);
  whole("third", 3, "Of these, trained with all layouts.", 1, 10'000);
  whole("third_epochs", 6, "Their epochs.", 1, 10'000);
  return schema;
}

OptionSchema predictor_options() {
  return {{"threads", OptionType::kInt, 1, "Threads of a prediction.", 1, 256, {}}};
}

Result<TrainerOptions> trainer_options(const std::string& plugin, const Json& json) {
  const bool nas = plugin == "nas";
  PTAH_TRY(const Options options,
           Options::check(nas ? nas_trainer_options() : cnn_trainer_options(), json));
  TrainerOptions found;
  found.fit = fit_options(options);
  found.threads = static_cast<int>(options.integer("threads"));
  found.members = static_cast<int>(options.integer("members"));
  found.keeps_best = options.text("keep") == "best";
  if (!nas) {
    found.architecture.kind = options.integer("dims") == 3 ? Kind::kCnn3d : Kind::kCnn2d;
    found.architecture.unit_inputs = options.text("inputs") == "unit";
    found.fit.decay = options.real("decay");
    found.fit.decay_steps = static_cast<int>(options.integer("decay_steps"));
    return found;
  }
  const std::string text = options.text("architecture");
  if (text.empty()) {
    found.architecture = plain_nas();
    found.architecture.unit_inputs = options.text("inputs") == "unit";
    found.architecture.batch_norm = options.flag("batch_norm");
    found.architecture.filters = static_cast<int>(options.integer("filters"));
    if (found.architecture.filters % 4 != 0) {
      return make_error(ErrorCode::kInvalidArgument, "`filters` is a multiple of 4.",
                        "trainer nas");
    }
  } else {
    found.architecture_given = true;
    PTAH_TRY(found.architecture, architecture_from_json(Json::parse(text, nullptr, false)));
    if (found.architecture.kind != Kind::kNas) {
      return make_error(ErrorCode::kInvalidArgument, "The architecture is not one of `nas`.",
                        "trainer nas");
    }
  }
  found.searches = options.text("search") != "none";
  found.search = search_options(options, found.architecture);
  found.eta = options.text("eta");
  return found;
}

}  // namespace ptah::nets
