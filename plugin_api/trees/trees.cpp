#include "trees/trees.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ptah/core/random.hpp"

namespace ptah::learning {
namespace {

/// Of a feature: fewer where a bin would hold hardly a row.
constexpr std::size_t kMostBins = 255, kFewestBins = 32, kRowsInBin = 16;

/// The features of some rows as numbers of bins; feature f has `cuts[f].size() + 1` of them, and
/// bin b holds what is above cut b - 1 and not above cut b.
struct Binned {
  std::size_t features = 0;
  std::vector<std::vector<double>> cuts;
  std::vector<std::uint8_t> bins;  ///< A row after the other.

  Binned(const Matrix& x, const Rows& rows)
      : features(static_cast<std::size_t>(x.cols())), cuts(features), bins(rows.size() * features) {
    std::vector<double> column(rows.size());
    for (std::size_t f = 0; f < features; ++f) {
      for (std::size_t i = 0; i < rows.size(); ++i)
        column[i] = x(static_cast<Eigen::Index>(rows[i]), static_cast<Eigen::Index>(f));
      cuts[f] = cuts_of(column);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto above = std::lower_bound(cuts[f].begin(), cuts[f].end(), column[i]);
        bins[i * features + f] = static_cast<std::uint8_t>(above - cuts[f].begin());
      }
    }
  }

  /// Between distinct values: between all, or at quantiles.
  static std::vector<double> cuts_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    std::vector<double> found;
    const std::size_t distinct = count_distinct(values);
    const std::size_t most = std::clamp(n / kRowsInBin, kFewestBins, kMostBins);
    double last = -std::numeric_limits<double>::infinity();
    for (std::size_t b = 1; b < n; ++b) {
      if (values[b] == values[b - 1]) continue;
      // So many bins may lie below this cut by now.
      const std::size_t due = distinct <= most ? n : b * most / n;
      if (found.size() >= due) continue;
      // A float, as files hold it.
      const double cut = static_cast<float>(values[b - 1] + (values[b] - values[b - 1]) / 2);
      if (cut < values[b - 1] || cut >= values[b] || cut <= last || found.size() + 1 >= most)
        continue;
      found.push_back(last = cut);
    }
    return found;
  }
  static std::size_t count_distinct(const std::vector<double>& sorted) {
    std::size_t count = sorted.empty() ? 0 : 1;
    for (std::size_t i = 1; i < sorted.size(); ++i) count += sorted[i] != sorted[i - 1] ? 1 : 0;
    return count;
  }
};

struct Sums {
  double gradient = 0, hessian = 0;
  Sums& operator+=(const Sums& other) noexcept {
    gradient += other.gradient;
    hessian += other.hessian;
    return *this;
  }
  friend Sums operator-(const Sums& a, const Sums& b) noexcept {
    return {a.gradient - b.gradient, a.hessian - b.hessian};
  }
};
using Histogram = std::vector<Sums>;

struct Split {
  double gain = 1e-9;  ///< Less is noise of the last bits.
  std::size_t feature = 0;
  std::size_t bin = 0;  ///< Left up to it.
  Sums left;
  bool found = false;
};

/// A node whose children are not made yet.
struct Open {
  int node = 0;
  std::size_t begin = 0, end = 0;  ///< Of the rows, which are sorted by node.
  Sums sums;
  Histogram histogram;
};

}  // namespace

class TreeGrower {
 public:
  TreeGrower(const Binned& binned, const TreeParams& params) : binned_(binned), params_(params) {
    for (const auto& cuts : binned.cuts) {
      starts_.push_back(width_);
      width_ += cuts.size() + 1;
    }
  }

  /// A tree on `rows`, which are put in another order, splitting by `features` alone.
  Trees::Tree grow(std::vector<std::uint32_t>& rows, const std::vector<std::size_t>& features,
                   const std::vector<Sums>& gradients) {
    features_ = &features;
    gradients_ = &gradients;
    Trees::Tree tree(1);
    Open root{0, 0, rows.size(), {}, {}};
    for (const std::uint32_t row : rows) root.sums += gradients[row];
    fill(root, rows);
    std::vector<Open> level;
    level.push_back(std::move(root));
    for (int depth = 0; !level.empty(); ++depth) {
      std::vector<Open> next;
      for (Open& open : level) split(tree, open, rows, depth, next);
      level = std::move(next);
    }
    return tree;
  }

 private:
  void fill(Open& open, const std::vector<std::uint32_t>& rows) const {
    open.histogram.assign(width_, {});
    for (std::size_t i = open.begin; i < open.end; ++i) {
      const Sums& gradient = (*gradients_)[rows[i]];
      const std::uint8_t* bins = &binned_.bins[rows[i] * binned_.features];
      for (const std::size_t f : *features_) open.histogram[starts_[f] + bins[f]] += gradient;
    }
  }

  double worth(const Sums& sums) const {
    return sums.gradient * sums.gradient / (sums.hessian + params_.ridge);
  }

  Split best(const Open& open) const {
    Split best;
    const double whole = worth(open.sums);
    for (const std::size_t f : *features_) {
      Sums left;
      for (std::size_t bin = 0; bin < binned_.cuts[f].size(); ++bin) {
        left += open.histogram[starts_[f] + bin];
        const Sums right = open.sums - left;
        if (left.hessian < params_.least_hessian) continue;
        if (right.hessian < params_.least_hessian) break;
        const double gain = worth(left) + worth(right) - whole;
        if (gain > best.gain) best = {gain, f, bin, left, true};
      }
    }
    return best;
  }

  void split(Trees::Tree& tree, Open& open, std::vector<std::uint32_t>& rows, int depth,
             std::vector<Open>& next) const {
    const Split chosen = depth < params_.depth ? best(open) : Split{};
    if (!chosen.found) {
      tree[static_cast<std::size_t>(open.node)].value = static_cast<float>(
          -params_.shrinkage * open.sums.gradient / (open.sums.hessian + params_.ridge));
      return;
    }
    const auto left = static_cast<int>(tree.size());
    Trees::Node& node = tree[static_cast<std::size_t>(open.node)];
    node.feature = static_cast<int>(chosen.feature);
    node.cut = static_cast<float>(binned_.cuts[chosen.feature][chosen.bin]);
    node.left = left;
    tree.resize(tree.size() + 2);
    const auto begin = rows.begin();
    const auto middle = std::stable_partition(
        begin + static_cast<std::ptrdiff_t>(open.begin),
        begin + static_cast<std::ptrdiff_t>(open.end), [&](std::uint32_t row) {
          return binned_.bins[row * binned_.features + chosen.feature] <= chosen.bin;
        });
    const auto cut = static_cast<std::size_t>(middle - begin);
    Open first{left, open.begin, cut, chosen.left, {}};
    Open second{left + 1, cut, open.end, open.sums - chosen.left, {}};
    if (depth + 1 < params_.depth) {
      Open& fewer = cut - open.begin <= open.end - cut ? first : second;
      Open& more = &fewer == &first ? second : first;
      fill(fewer, rows);
      more.histogram = std::move(open.histogram);
      for (std::size_t i = 0; i < width_; ++i)
        more.histogram[i] = more.histogram[i] - fewer.histogram[i];
    }
    next.push_back(std::move(first));
    next.push_back(std::move(second));
  }

  const Binned& binned_;
  const TreeParams& params_;
  const std::vector<std::size_t>* features_ = nullptr;
  const std::vector<Sums>* gradients_ = nullptr;
  std::vector<std::size_t> starts_;  ///< Of each feature in a histogram.
  std::size_t width_ = 0;
};

double Trees::value(const Tree& tree, const double* row) noexcept {
  std::size_t at = 0;
  while (tree[at].feature >= 0) {
    at = static_cast<std::size_t>(tree[at].left) + (row[tree[at].feature] > tree[at].cut ? 1u : 0u);
  }
  return tree[at].value;
}

Trees Trees::fit(const Matrix& x, std::span<const double> targets, const Rows& train,
                 const Rows& validation, const TreeParams& params, std::uint64_t seed,
                 const Stop& stop) {
  Trees trees;
  double positive = 0;
  for (const std::size_t row : train) positive += targets[row];
  const auto count = static_cast<double>(train.size());
  if (positive == 0 || positive == count) {
    trees.prior_ = positive == 0 ? -std::log(count + 1) : std::log(count + 1);
    return trees;
  }
  trees.prior_ = std::log(positive / (count - positive));

  const Binned binned(x, train);
  TreeGrower grower(binned, params);
  Rng rng(seed);
  std::vector<double> odds(train.size(), trees.prior_), held(validation.size(), trees.prior_);
  std::vector<Sums> gradients(train.size());
  std::vector<std::uint32_t> order(train.size());
  std::iota(order.begin(), order.end(), 0u);
  std::vector<std::size_t> features(binned.features);
  std::iota(features.begin(), features.end(), std::size_t{0});
  const auto share = [](double part, std::size_t of) {
    return std::clamp<std::size_t>(static_cast<std::size_t>(part * static_cast<double>(of) + 0.5),
                                   of > 0 ? 1 : 0, of);
  };
  const auto validation_loss = [&] {
    double loss = 0;
    for (std::size_t i = 0; i < held.size(); ++i)
      loss += softplus(held[i]) - targets[validation[i]] * held[i];
    return loss;
  };
  double least = validation_loss();
  std::size_t keep = 0;
  for (int round = 0; round < params.rounds && !(stop && stop()); ++round) {
    for (std::size_t i = 0; i < train.size(); ++i) {
      const double p = sigmoid(odds[i]);
      gradients[i] = {p - targets[train[i]], p * (1 - p)};
    }
    rng.shuffle(std::span(order));
    rng.shuffle(std::span(features));
    std::vector<std::uint32_t> seen(
        order.begin(),
        order.begin() + static_cast<std::ptrdiff_t>(share(params.row_share, order.size())));
    std::sort(seen.begin(), seen.end());
    std::vector<std::size_t> used(
        features.begin(), features.begin() + static_cast<std::ptrdiff_t>(
                                                 share(params.feature_share, features.size())));
    std::sort(used.begin(), used.end());
    trees.trees_.push_back(grower.grow(seen, used, gradients));
    const Tree& tree = trees.trees_.back();
    const auto step = [&](const Rows& rows, std::vector<double>& sums) {
      for (std::size_t i = 0; i < rows.size(); ++i)
        sums[i] += value(tree, x.row(static_cast<Eigen::Index>(rows[i])).data());
    };
    step(train, odds);
    if (validation.empty()) continue;
    step(validation, held);
    if (const double loss = validation_loss(); loss < least) {
      least = loss;
      keep = trees.trees_.size();
    } else if (trees.trees_.size() - keep >= static_cast<std::size_t>(params.patience)) {
      break;
    }
  }
  if (!validation.empty()) trees.trees_.resize(keep);
  return trees;
}

double Trees::odds(std::span<const double> row) const noexcept {
  double odds = prior_;
  for (const Tree& tree : trees_) odds += value(tree, row.data());
  return odds;
}

std::vector<double> Trees::predict(const Matrix& x, const Rows& rows) const {
  const auto width = static_cast<std::size_t>(x.cols());
  std::vector<double> probabilities;
  probabilities.reserve(rows.size());
  for (const std::size_t row : rows)
    probabilities.push_back(sigmoid(odds({x.row(static_cast<Eigen::Index>(row)).data(), width})));
  return probabilities;
}

Result<Trees> Trees::of(double prior, std::vector<Tree> trees, std::size_t features) {
  const auto bad = [](const char* what) {
    return make_error(ErrorCode::kParse, std::string("These are no trees: ") + what + ".");
  };
  if (!std::isfinite(prior)) return bad("their prior is no number");
  for (const Tree& tree : trees) {
    if (tree.empty()) return bad("one has no root");
    for (std::size_t i = 0; i < tree.size(); ++i) {
      const Node& node = tree[i];
      if (!std::isfinite(node.cut) || !std::isfinite(node.value))
        return bad("a node holds what is no number");
      if (node.feature < 0) continue;
      if (static_cast<std::size_t>(node.feature) >= features)
        return bad("a node asks for a feature that there is not");
      // Children come later, so that every way down ends.
      if (node.left <= static_cast<std::int64_t>(i) ||
          static_cast<std::size_t>(node.left) + 1 >= tree.size()) {
        return bad("a node's children are not where they can be");
      }
    }
  }
  Trees made;
  made.prior_ = prior;
  made.trees_ = std::move(trees);
  return made;
}

}  // namespace ptah::learning
