/// Rows of the database as values: for each kind the columns to select, and what reads them, from
/// column 0. A value that cannot be there is damage (see Query).
#pragma once

#include "store/records.hpp"
#include "store/sqlite.hpp"

namespace ptah {

constexpr const char* kJobColumns =
    "id, kind, circuit, library, out, state, created_ms, finished_ms, chains, chains_done, "
    "chains_failed, variants, last_event, plan IS NOT NULL, error, metrics, best_cost, "
    "best_chain, best_variant, owner, bytes";
JobRow read_job(const Query& query);                         ///< Without spec, plan and result.
constexpr const char* kJobDetails = ", spec, plan, result";  ///< Behind kJobColumns.
JobRow read_whole_job(const Query& query);

/// From the columns best_cost, best_chain and best_variant.
std::optional<BestVariant> read_best(const Query& query, int first);

constexpr const char* kChainColumns = "chain, state, variants, error, result";
ChainRow read_chain(const Query& query);

constexpr const char* kVariantColumns = "sequence, chain, variant, record";
VariantRow read_variant(const Query& query);  ///< Without files.

constexpr const char* kFileColumns = "role, hash, dataset, size";
FileRow read_file(const Query& query);

constexpr const char* kEventColumns = "number, method, params";
EventRow read_event(const Query& query);

constexpr const char* kVersionColumns =
    "library, cell, view, version, hash, job, chain, variant, created_ms, job IN (SELECT id FROM "
    "jobs WHERE sequence<0), coalesce((SELECT owner FROM jobs WHERE id=job), '')";
VersionRow read_version(const Query& query);

constexpr const char* kMetricColumns = "chain, name, step, value";
MetricRow read_metric(const Query& query);

constexpr const char* kTokenColumns =
    "name, role, hash, created_ms, expires_ms, revoked_ms, libraries";
TokenRow read_token(const Query& query);

constexpr const char* kAuditColumns =
    "number, time_ms, who, role, origin, method, object, outcome, message, count";
AuditRow read_audit(const Query& query);

std::string read_hash(const Query& query, int column);

}  // namespace ptah
