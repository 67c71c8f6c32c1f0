/// All that clients can see of a store, as one text.
#pragma once

#include <string>

#include "store/store.hpp"

namespace ptah {

/// `times`: also when jobs were made.
inline std::string contents_of(Store& store, bool times = true) {
  Json all = Json::array();
  for (const JobRow& brief : store.jobs(std::nullopt, "", 1000)) {
    const JobRow row = store.existing_job(brief.id);
    all.push_back({row.id, row.kind, row.circuit, row.library, row.out, to_string(row.state),
                   times ? row.created_ms : 0, row.chains, row.chains_done, row.variants,
                   row.last_event, row.spec, row.plan, row.error, row.result});
    for (const ChainRow& chain : store.chains(row.id, -1, 1000)) {
      all.push_back({chain.chain, chain.state, chain.variants, chain.error, chain.result});
      all.push_back(store.load_chain(row.id, chain.chain).spec);
    }
    for (const VariantRow& variant : store.variants(row.id, std::nullopt, 0, 1000)) {
      all.push_back({variant.sequence, variant.chain, variant.variant, variant.record});
      for (const FileRow& file : variant.files) all.push_back(store.describe(file));
    }
    for (const FileRow& file : store.job_files(row.id)) all.push_back(store.describe(file));
    for (const MetricRow& metric : store.metrics(row.id, std::nullopt, 1000))
      all.push_back({metric.chain, metric.name, metric.step, metric.value});
    for (const EventRow& event : store.events(row.id, 0, 1000))
      all.push_back({event.number, event.method, event.params});
  }
  for (const VersionRow& row : store.versions("work", "", "", 1000))
    all.push_back({row.cell, row.view, row.version, row.hash, row.job, row.chain, row.variant});
  for (const auto& [hash, job] : store.referenced_files()) all.push_back({hash, job});
  all.push_back(store.setting("disabled"));
  return all.dump();
}

}  // namespace ptah
