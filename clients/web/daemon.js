// How the daemon is, what its methods take, and for administrators who may come in.
import {RpcError} from '/rpc.js';
import {badge, duration, facts, h, moment, problem, quantity, table} from '/dom.js';

const kPoll = 5000;

/** Prometheus's text as Map "name" -> [{labels, value}]. */
export function readMetrics(text) {
  const families = new Map();
  for (const line of text.split('\n')) {
    const match = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const labels = Object.fromEntries([...(match[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]));
    if (!families.has(match[1])) families.set(match[1], []);
    families.get(match[1]).push({labels, value: match[3] === '+Inf' ? Infinity : Number(match[3])});
  }
  return families;
}

/** The bound below which the share of a histogram's answers lies. */
function below(buckets, share) {
  const total = buckets.at(-1).value;
  return Number(buckets.find((bucket) => bucket.value >= share * total).labels.le);
}

function latencies(families) {
  const counts = (families.get('ptah_request_seconds_count') ?? []).filter((c) => c.value > 0);
  const of = (name, method) => (families.get(name) ?? []).filter((one) => one.labels.method === method);
  return counts.map(({labels: {method}, value}) => ({
    method, count: value, mean: of('ptah_request_seconds_sum', method)[0].value / value,
    p95: below(of('ptah_request_seconds_bucket', method), 0.95), errors: of('ptah_request_errors_total', method)[0]?.value ?? 0,
  })).sort((a, b) => b.count - a.count);
}

export function daemonView({connection, token, role, main}) {
  let ended = false, timer = 0;
  const body = h('div', {}, h('p', {class: 'empty'}, 'Reading…')), tokens = h('div');
  main.append(h('h1', {tabindex: '-1'}, 'Daemon'), body, tokens);

  async function metrics() {
    let answer, text;
    try {
      answer = await fetch('/metrics', {headers: {Authorization: `Bearer ${token}`}});
      text = await answer.text();
    } catch {
      throw new RpcError({code: 'io', message: 'The daemon does not tell its figures.', hint: 'This page tries again by itself.'});
    }
    if (!answer.ok) throw new RpcError({code: 'denied', message: text.trim()});
    return readMetrics(text);
  }

  async function load() {
    try {
      const [status, families] = await Promise.all([connection.call('server.status'), metrics()]);
      if (ended) return;
      const one = (name, labels = {}) => families.get(name)?.find((s) => Object.entries(labels).every(([k, v]) => s.labels[k] === v))?.value;
      const by = (name, label) => (families.get(name) ?? []).filter((s) => s.value > 0).map((s) => `${s.value} ${s.labels[label]}`).join(', ') || 'none';
      const differences = (families.get('ptah_judge_differences_total') ?? []).reduce((sum, s) => sum + s.value, 0);
      body.replaceChildren(
        status.problem ? problem({message: status.problem, hint: '`ptah server status` and the log say more.'}) : '',
        ...status.shipped_problems.map((text) => problem({message: text})),
        facts([
          ['State', badge(status.ready ? 'ready' : 'not ready')], ['Version', status.version], ['Up', duration(1000 * status.uptime_s)],
          ['Jobs', by('ptah_jobs', 'state')], ['Waiting tasks', by('ptah_tasks_queued', 'lane')],
          ['Connections', by('ptah_connections', 'by')],
          ['Memory', `${quantity(status.rss_bytes, 'B')}, workers ${quantity(one('ptah_workers_resident_bytes'), 'B')}`],
          ['Store', `${one('ptah_store_files_bytes') === undefined ? 'files are being counted' : `${quantity(one('ptah_store_files_bytes'), 'B')} of files`}, ${quantity(one('ptah_store_database_bytes'), 'B')} of rows, ${quantity(one('ptah_store_free_bytes'), 'B')} free`],
          ['Judges', `${one('ptah_judged_layouts_total') ?? 0} layouts signed off since the start, ${differences} differences`],
          ['Turned away', `${one('ptah_connections_refused_total') ?? 0} connections, ${one('ptah_wrong_tokens_total') ?? 0} wrong tokens`],
          status.fingerprint && ['Certificate', h('code', {class: 'long'}, status.fingerprint)]]),
        h('section', {}, h('h2', {}, 'Workers'), table('Workers', [
          {head: 'Process', cell: (w) => w.pid}, {head: 'State', cell: (w) => badge(w.state)}, {head: 'Task', cell: (w) => w.task},
          {head: 'Stage', cell: (w) => w.stage}, {head: 'Plugin', cell: (w) => w.plugin},
          {head: 'Memory', number: true, cell: (w) => quantity(w.rss_bytes, 'B')}], status.workers, 'No worker runs; one is started for the next task.')),
        h('section', {}, h('h2', {}, 'Answers since the start'), table('Answers by method', [
          {head: 'Method', cell: (m) => h('code', {}, m.method)}, {head: 'Answers', number: true, cell: (m) => m.count.toLocaleString('en')},
          {head: 'Errors', number: true, cell: (m) => m.errors || ''}, {head: 'Mean', number: true, cell: (m) => quantity(m.mean, 's')},
          {head: '95 % within', number: true, cell: (m) => (Number.isFinite(m.p95) ? quantity(m.p95, 's') : 'over 60 s')}], latencies(families), 'None yet.')));
    } catch (error) {
      if (!ended) body.replaceChildren(problem(error));
    }
    if (!ended) timer = setTimeout(load, kPoll);
  }

  load();
  if (role === 'admin') {
    connection.call('token.list').then((list) => {
      if (ended) return;
      tokens.replaceChildren(h('section', {}, h('h2', {}, 'Tokens'), table('Tokens', [
        {head: 'Name', cell: (t) => t.name}, {head: 'Role', cell: (t) => t.role},
        {head: 'State', cell: (t) => badge(t.valid ? 'valid' : t.revoked_ms ? 'revoked' : 'expired')},
        {head: 'Made', cell: (t) => moment(t.created_ms)}, {head: 'Ends', cell: (t) => (t.expires_ms ? moment(t.expires_ms) : 'never')},
      ], list.tokens, 'Nobody has a token yet: `ptah token create NAME --role viewer` makes one.')));
    }, (error) => tokens.replaceChildren(problem(error)));
  }
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
