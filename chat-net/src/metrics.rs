//! What a server does, for Prometheus: [`Stats`] in a registry that is passed in.
//!
//! There is no global registry, so two servers in one process do not meet. Two of them in the same [`Registry`]
//! would tell every name twice: give each a registry of its own.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use chat_net::metrics::{self, Registry};
//! use chat_net::Server;
//!
//! let server = Server::builder().start().await?;
//! let mut registry = Registry::default();
//! metrics::register(server.observer(), &mut registry);
//! assert!(metrics::text(&registry).contains("\nchat_events_total 0\n"));
//! # Ok(server.shutdown(std::time::Duration::from_secs(1)).await?)
//! # }
//! ```
//!
//! `docs/operating.md` has a table of all names.

use std::collections::BTreeMap;
use std::fmt;

use chat_core::{Code, Kind};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text as exposition};
use prometheus_client::metrics::MetricType::{self, Counter, Gauge};
pub use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

use crate::stats::{Histogram, Observer, Stats};

/// The media type of [`text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Registers everything that is counted, under names that begin with `chat_`. It is read when the registry is
/// encoded; a server that has ended goes on to be told as it was at the end.
pub fn register(server: Observer, registry: &mut Registry) {
    registry.register_collector(Box::new(Reading(server)));
}

/// All of a registry as OpenMetrics text, to be served as [`CONTENT_TYPE`].
#[must_use]
pub fn text(registry: &Registry) -> String {
    let mut out = String::new();
    exposition::encode(&mut out, registry).expect("a String takes every write");
    out
}

#[derive(Debug)]
struct Reading(Observer);

impl Collector for Reading {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stats = self.0.stats();
        let mut out = Out(encoder);
        server(&mut out, &stats)?;
        connections(&mut out, &stats)?;
        talk(&mut out, &stats)?;
        store(&mut out, &stats)?;
        transfers(&mut out, &stats)
    }
}

fn server(out: &mut Out<'_>, stats: &Stats) -> fmt::Result {
    let about = "The version of the server.";
    out.0
        .encode_descriptor("chat_build", about, None, MetricType::Info)?
        .encode_info(&[("version", stats.version)])?;
    let about = "Time since the server started.";
    let mut uptime = out.begin("chat_uptime", Some(&Unit::Seconds), about, Gauge)?;
    uptime.encode_gauge(&stats.uptime.as_secs_f64())?;
    let about = "Sessions, with a connection or without one and holding their name still.";
    let sessions = [("attached", stats.attached), ("lingering", stats.lingering)];
    out.parts("chat_sessions", about, Gauge, "state", sessions.into_iter())?;
    out.gauge("chat_rooms", None, "Rooms.", stats.rooms)
}

fn connections(out: &mut Out<'_>, stats: &Stats) -> fmt::Result {
    let kinds = || stats.connections.iter().map(|(kind, connections)| (kind.name(), connections));
    let about = "Clients that are connected, by what they speak.";
    let open = kinds().map(|(kind, it)| (kind, it.open));
    out.parts("chat_connections", about, Gauge, "kind", open)?;
    let about = "Clients that ever connected, by what they speak.";
    let opened = kinds().map(|(kind, it)| (kind, it.opened));
    out.parts("chat_connections_opened", about, Counter, "kind", opened)?;
    let about = "Connections that are let in, also those that have not shown what they speak.";
    out.gauge("chat_connections_admitted", None, about, stats.admitted)?;
    let about = "Connections that never became a client: over a limit, or in another protocol.";
    let refused = of_codes(&stats.connections_refused, |code| {
        matches!(
            code,
            Code::ServerFull
                | Code::AddressLimit
                | Code::WrongProtocol
                | Code::UnsupportedVersion
                | Code::TlsRequired
        )
    });
    out.parts("chat_connections_refused", about, Counter, "reason", refused)?;
    let about = "Clients' connections that ended, by the code they ended with.";
    let closes = of_codes(&stats.closes, |code| matches!(code.kind(), Kind::ClosedComeBack | Kind::Closed));
    out.parts("chat_closes", about, Counter, "code", closes)?;
    let bytes = Some(&Unit::Bytes);
    out.count("chat_received", bytes, "Bytes that came from clients.", stats.received_bytes)?;
    out.count("chat_sent", bytes, "Bytes that clients' connections took.", stats.sent_bytes)?;
    out.gauge("chat_queue", bytes, "Bytes that wait to be sent to clients.", stats.queue_bytes)
}

fn talk(out: &mut Out<'_>, stats: &Stats) -> fmt::Result {
    let about = "What clients asked, by the name of the ask.";
    let asks = stats.asks.iter().map(|(kind, count)| (*kind, *count));
    out.parts("chat_asks", about, Counter, "kind", asks)?;
    let about = "Asks that were refused, by the code of the refusal.";
    let refusals =
        of_codes(&stats.refusals, |code| matches!(code.kind(), Kind::Refused | Kind::RefusedForNow));
    out.parts("chat_refusals", about, Counter, "code", refusals)?;
    out.count("chat_events", None, "Events told live, each once.", stats.events)?;
    let about = "Events told live, once for every connection that each was told.";
    out.count("chat_deliveries", None, about, stats.deliveries)
}

fn store(out: &mut Out<'_>, stats: &Stats) -> fmt::Result {
    let store = &stats.store;
    let about = "Time from giving the store a batch until it was known to be kept.";
    let seconds = |ns: u64| ns as f64 / 1e9;
    out.histogram("chat_store_append", Some(&Unit::Seconds), about, &store.append_ns, seconds)?;
    let records = |records: u64| records as f64;
    let about = "Records given to the store at once.";
    out.histogram("chat_store_append_records", None, about, &store.append_records, records)?;
    let about = "Whether the store takes more messages (1), or is out of space (0).";
    out.gauge("chat_store_has_space", None, about, u64::from(store.has_space))
}

fn transfers(out: &mut Out<'_>, stats: &Stats) -> fmt::Result {
    let transfers = &stats.transfers;
    out.gauge("chat_transfers", None, "Transfers that are not over.", transfers.open)?;
    let bytes = Some(&Unit::Bytes);
    let about = "Bytes of files that senders sent.";
    out.count("chat_transfer_received", bytes, about, transfers.received_bytes)?;
    let about = "Bytes of files that receivers acknowledged.";
    out.count("chat_transfer_sent", bytes, about, transfers.sent_bytes)
}

/// The codes that are usual here, also those that nothing was counted for yet: what begins at zero can be seen to
/// rise the first time, too. And those that were counted, usual or not.
fn of_codes(
    counted: &BTreeMap<Code, u64>,
    is_usual: impl Fn(Code) -> bool,
) -> impl Iterator<Item = (&'static str, u64)> {
    Code::ALL.iter().filter_map(move |code| match counted.get(code) {
        Some(count) => Some((code.name(), *count)),
        None => is_usual(*code).then(|| (code.name(), 0)),
    })
}

/// Writes one metric after the other.
struct Out<'a>(DescriptorEncoder<'a>);

impl Out<'_> {
    fn begin<'s>(
        &'s mut self,
        name: &'s str,
        unit: Option<&'s Unit>,
        about: &str,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, about, unit, kind)
    }

    fn count(&mut self, name: &str, unit: Option<&Unit>, about: &str, value: u64) -> fmt::Result {
        let mut metric = self.begin(name, unit, about, Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    fn gauge(&mut self, name: &str, unit: Option<&Unit>, about: &str, value: u64) -> fmt::Result {
        self.begin(name, unit, about, Gauge)?.encode_gauge(&value)
    }

    /// One metric in parts, which are counted or gauges.
    fn parts<'l>(
        &mut self,
        name: &str,
        about: &str,
        kind: MetricType,
        label: &str,
        values: impl Iterator<Item = (&'l str, u64)>,
    ) -> fmt::Result {
        let mut metric = self.begin(name, None, about, kind)?;
        for (of, value) in values {
            let labels = [(label, of)];
            let mut part = metric.encode_family(&labels)?;
            match kind {
                Counter => part.encode_counter::<NoLabelSet, _, u64>(&value, None)?,
                _ => part.encode_gauge(&value)?,
            }
        }
        Ok(())
    }

    fn histogram(
        &mut self,
        name: &str,
        unit: Option<&Unit>,
        about: &str,
        histogram: &Histogram,
        in_unit: impl Fn(u64) -> f64,
    ) -> fmt::Result {
        let buckets = histogram.buckets.iter().map(|(bound, count)| (in_unit(*bound), *count));
        let buckets: Vec<(f64, u64)> = buckets.chain([(f64::INFINITY, histogram.larger)]).collect();
        let mut metric = self.begin(name, unit, about, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(in_unit(histogram.sum), histogram.count(), &buckets, None)
    }
}
