//! The forms, compared with what a real Envoy 1.40 printed for the same numbers.

use super::{Format, Intervals, Query, Snapshot, is_gauge, json, prometheus, tags, text};
use tollgate_abi::MetricType::{self, Counter, Gauge, Histogram};
use tollgate_config::StatsConfig;
use tollgate_host::metrics::{Metric, Metrics};

fn record(metrics: &Metrics, kind: MetricType, name: &str, values: &[i64]) {
    let metric = metrics.define(kind, name.as_bytes());
    for value in values {
        match &metric {
            Metric::Counter(counter) => counter.add(*value as u64),
            Metric::Gauge(gauge) => gauge.set(*value as u64),
            Metric::Histogram(histogram) => histogram.record(*value),
        }
    }
}

/// What the query chooses of the metrics of a plugin and some of the proxy's own.
fn chosen(query: &str) -> Snapshot {
    let metrics = Metrics::default();
    record(&metrics, Counter, "my_counter", &[7, 7]);
    record(&metrics, Gauge, "my_gauge", &[7]);
    record(&metrics, Counter, "with.dots-and_x", &[2]);
    record(&metrics, Counter, "unused", &[]);
    let samples = [3, 10, 99, 100, 105, 12345, 0, -1];
    record(&metrics, Histogram, "my_histogram", &[samples, samples].concat());
    record(&metrics, Histogram, "unused_hist", &[]);
    let mut snapshot = Snapshot::default();
    snapshot.add("http.ingress.downstream_rq_2xx".to_owned(), 1);
    snapshot.add("http.ingress.downstream_rq_5xx".to_owned(), 0);
    snapshot.add("cluster.up.upstream_rq_503".to_owned(), 1);
    snapshot.add("cluster.up.upstream_cx_active".to_owned(), 0);
    snapshot.add("server.live".to_owned(), 1);
    snapshot.add_custom(&metrics, &Intervals::default());
    snapshot.select(&Query::parse(query, Format::Text).unwrap());
    snapshot
}

#[test]
fn text_is_that_of_envoy() {
    let expected = "\
cluster.up.upstream_cx_active: 0
cluster.up.upstream_rq_503: 1
http.ingress.downstream_rq_2xx: 1
http.ingress.downstream_rq_5xx: 0
server.live: 1
wasmcustom.my_counter: 14
wasmcustom.my_gauge: 7
wasmcustom.unused: 0
wasmcustom.with.dots-and_x: 2
wasmcustom.my_histogram: P0(nan,-1.0666666666666667) P25(nan,0) P50(nan,10.666666666666666) P75(nan,104) \
P90(nan,12333.333333333334) P95(nan,12666.666666666666) P99(nan,12666.666666666666) P99.5(nan,12666.666666666666) \
P99.9(nan,12666.666666666666) P100(nan,12666.666666666666)
wasmcustom.unused_hist: No recorded values
";
    assert_eq!(text(&chosen("")), expected);
}

#[test]
fn prometheus_is_that_of_envoy() {
    let mut expected = "\
# TYPE envoy_cluster_upstream_rq counter
envoy_cluster_upstream_rq{envoy_response_code=\"503\",envoy_cluster_name=\"up\"} 1
# TYPE envoy_http_downstream_rq_xx counter
envoy_http_downstream_rq_xx{envoy_response_code_class=\"2\",envoy_http_conn_manager_prefix=\"ingress\"} 1
envoy_http_downstream_rq_xx{envoy_response_code_class=\"5\",envoy_http_conn_manager_prefix=\"ingress\"} 0
# TYPE my_counter counter
my_counter{} 14
# TYPE unused counter
unused{} 0
# TYPE with_dots_and_x counter
with_dots_and_x{} 2
# TYPE envoy_cluster_upstream_cx_active gauge
envoy_cluster_upstream_cx_active{envoy_cluster_name=\"up\"} 0
# TYPE envoy_server_live gauge
envoy_server_live{} 1
# TYPE my_gauge gauge
my_gauge{} 7
# TYPE my_histogram histogram
"
    .to_owned();
    for (bound, count) in [
        ("0.5", 4),
        ("1", 4),
        ("5", 6),
        ("10", 8),
        ("25", 8),
        ("50", 8),
        ("100", 14),
        ("250", 14),
        ("500", 14),
        ("1000", 14),
        ("2500", 14),
        ("5000", 14),
        ("10000", 14),
        ("30000", 16),
        ("60000", 16),
        ("300000", 16),
        ("600000", 16),
        ("1800000", 16),
        ("3600000", 16),
        ("+Inf", 16),
    ] {
        expected.push_str(&format!("my_histogram_bucket{{le=\"{bound}\"}} {count}\n"));
    }
    expected.push_str("my_histogram_sum{} 25602.998097434872761368751525879\nmy_histogram_count{} 16\n");
    let printed = prometheus(&chosen(""), &StatsConfig::default());
    let (ours, unused) = printed.split_once("# TYPE unused_hist").unwrap();
    assert_eq!(ours, expected);
    assert!(unused.ends_with("le=\"+Inf\"} 0\nunused_hist_sum{} 0\nunused_hist_count{} 0\n"), "{unused}");
}

#[test]
fn json_is_that_of_envoy() {
    assert_eq!(
        json(&chosen("filter=my_[cg]")).to_string(),
        r#"{"stats":[{"name":"wasmcustom.my_counter","value":14},{"name":"wasmcustom.my_gauge","value":7}]}"#
    );
    let printed = json(&chosen("filter=hist&usedonly")).to_string();
    let begin = r#"{"stats":[{"histograms":{"supported_quantiles":[0,25,50,75,90,95,99,99.5,99.9,100],"computed_quantiles":[{"name":"wasmcustom.my_histogram","values":[{"cumulative":-1.0666666666666667,"interval":null},{"cumulative":0,"interval":null},"#;
    assert!(printed.starts_with(begin), "{printed}");
    assert!(!printed.contains("unused_hist"));
}

#[test]
fn a_query_chooses() {
    let names = |query| chosen(query).numbers.into_iter().map(|number| number.name).collect::<Vec<_>>();
    assert_eq!(names("filter=%5Ewasmcustom.my_.*e%24"), ["wasmcustom.my_gauge"]);
    assert_eq!(names("filter=rq_%5Cdxx&usedonly"), ["http.ingress.downstream_rq_2xx"]);
    assert_eq!(names("type=Gauges&filter=my"), ["wasmcustom.my_gauge"]);
    assert_eq!(names("type=Histograms"), [""; 0]);
    assert_eq!(chosen("type=Histograms").distributions.len(), 2);
    assert_eq!(chosen("usedonly").distributions.len(), 1);
    for wrong in ["filter=(", "format=xml", "type=all", "histogram_buckets=detailed"] {
        Query::parse(wrong, Format::Text).unwrap_err();
    }
    let format = |query| Query::parse(query, Format::Prometheus).unwrap().format;
    assert_eq!(
        [format("format=json"), format("x=y"), format("format=text")],
        [Format::Json, Format::Prometheus, Format::Text]
    );
}

#[test]
fn names_of_plugins_are_bytes() {
    let metrics = Metrics::default();
    for name in [&b"1digit"[..], b"a\"b\\c", b"line\nbreak", b"\xff", b"", b"reporter=.=a;.;"] {
        metrics.define(Counter, name);
    }
    let mut snapshot = Snapshot::default();
    snapshot.add_custom(&metrics, &Intervals::default());
    snapshot.select(&Query::parse("", Format::Text).unwrap());
    assert_eq!(text(&snapshot).lines().count(), 6);
    assert!(text(&snapshot).starts_with("wasmcustom: 0\nwasmcustom.1digit: 0\nwasmcustom.a\"b\\c: 0\n"));
    let printed = prometheus(&snapshot, &StatsConfig::default());
    let names: Vec<_> = printed.lines().filter_map(|line| line.split_once("{} ")).map(|(name, _)| name).collect();
    assert_eq!(names, ["envoy_wasmcustom", "a_b_c", "line_break", "reporter___a___", "_"]);
}

#[test]
fn labels_are_taken_out_of_names() {
    let tagged = |name| {
        let tagged = tags::extract(name, &StatsConfig::default());
        (tagged.name, tagged.labels.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>())
    };
    assert_eq!(tagged("server.live"), ("server.live".to_owned(), vec![]));
    assert_eq!(tagged("x_rq_20"), ("x_rq_20".to_owned(), vec![]));
    let (name, labels) = tagged("wasmcustom.http.x.downstream_rq_2xx");
    assert_eq!(
        (&*name, labels),
        ("wasmcustom.http.x.downstream_rq_xx", vec!["envoy_response_code_class=2".to_owned()])
    );
    let (name, labels) = tagged("tcp.db.downstream_cx_total");
    assert_eq!((&*name, labels), ("tcp.downstream_cx_total", vec!["envoy_tcp_prefix=db".to_owned()]));
}

#[test]
fn gauges_are_known_by_name() {
    for name in ["cluster.a.upstream_rq_active", "cluster.a.membership_total", "server.uptime", "wasm.wasm_vm_count"] {
        assert!(is_gauge(name), "{name}");
    }
    for name in ["cluster.a.upstream_rq_total", "wasm.envoy.wasm.runtime.wasmi.created", "http.active.rq_total"] {
        assert!(!is_gauge(name), "{name}");
    }
}

#[test]
fn an_interval_ends_when_told() {
    let metrics = Metrics::default();
    let intervals = Intervals::default();
    record(&metrics, Histogram, "h", &[10]);
    intervals.advance(&metrics);
    record(&metrics, Histogram, "h", &[1000]);
    let mut snapshot = Snapshot::default();
    snapshot.add_custom(&metrics, &intervals);
    assert!(text(&snapshot).contains(" P50(10.5,10.5) P75(10.5,1050) "), "{}", text(&snapshot));
    intervals.advance(&metrics);
    intervals.advance(&metrics);
    let mut snapshot = Snapshot::default();
    snapshot.add_custom(&metrics, &intervals);
    assert!(text(&snapshot).contains(" P100(nan,1050)"), "{}", text(&snapshot));
}

/// What Envoy 1.40 prints for the same configuration and names.
#[test]
fn tags_of_the_configuration_become_labels() {
    let yaml = r#"{"stats_config": {"stats_tags": [
        {"tag_name": "value", "regex": "(_value=([a-zA-Z]+))"},
        {"tag_name": "re.porter", "regex": "(_reporter=([a-zA-Z]+))"},
        {"tag_name": "whole", "regex": "\\.(plain)\\."},
        {"tag_name": "zone", "fixed_value": "a"},
        {"tag_name": "envoy.cluster_name"}
    ]}, "static_resources": {"listeners": [{"address": {"socket_address": {"address": "127.0.0.1", "port_value": 1}},
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix": "t", "cluster": "c"}}]}]}],
        "clusters": [{"name": "c"}]}}"#;
    let parsed = tollgate_config::parse("test.json", yaml).unwrap_or_else(|errors| panic!("{errors}"));
    let config = parsed.bootstrap.stats_config;
    let line = |name: &str| {
        let mut snapshot = Snapshot::default();
        snapshot.add(name.to_owned(), 1);
        prometheus(&snapshot, &config).lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(
        line("wasmcustom.custom_counter_value=foo_reporter=wasm"),
        "custom_counter{zone=\"a\",value=\"foo\",re_porter=\"wasm\"} 1"
    );
    assert_eq!(line("wasmcustom.a.plain.b"), "a__b{zone=\"a\",whole=\"plain\"} 1");
    assert_eq!(
        line("cluster.c.upstream_rq_total"),
        "envoy_cluster_upstream_rq_total{zone=\"a\",envoy_cluster_name=\"c\"} 1"
    );
}
