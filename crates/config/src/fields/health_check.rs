//! `envoy.config.core.v3.HealthCheck`.

use super::advice::REMOVE;
use super::{Message, acted, harmless, only, refused};

const FRESH: &str = "every check has a connection of its own";

/// `envoy.config.core.v3.HealthCheck`.
pub(crate) const HEALTH_CHECK: Message = Message {
    name: "HealthCheck",
    fields: &[
        acted("timeout"),
        acted("interval"),
        acted("initial_jitter"),
        acted("interval_jitter"),
        only("interval_jitter_percent", &["0"], "use interval_jitter"),
        acted("unhealthy_threshold"),
        acted("healthy_threshold"),
        refused("alt_port", REMOVE),
        harmless("reuse_connection", FRESH),
        acted("http_health_check"),
        acted("tcp_health_check"),
        acted("grpc_health_check"),
        refused("custom_health_check", "use http_health_check, tcp_health_check or grpc_health_check"),
        acted("no_traffic_interval"),
        harmless("no_traffic_healthy_interval", "no_traffic_interval counts"),
        acted("unhealthy_interval"),
        acted("unhealthy_edge_interval"),
        acted("healthy_edge_interval"),
        harmless("event_log_path", "changes of health are in the log"),
        harmless("event_logger", "changes of health are in the log"),
        refused("event_service", REMOVE),
        harmless("always_log_health_check_failures", "changes of health are in the log"),
        harmless("always_log_health_check_success", "changes of health are in the log"),
        refused("tls_options", "checks use the TLS of the cluster; remove it"),
        refused("transport_socket_match_criteria", "checks use the TLS of the cluster; remove it"),
    ],
};

/// `envoy.config.core.v3.HealthCheck.HttpHealthCheck`.
pub(crate) const HTTP_HEALTH_CHECK: Message = Message {
    name: "HttpHealthCheck",
    fields: &[
        acted("host"),
        acted("path"),
        refused("send", REMOVE),
        refused("receive", "the body of an answer is not looked at; use expected_statuses"),
        harmless("response_buffer_size", "the body of an answer is not looked at"),
        acted("request_headers_to_add"),
        refused("request_headers_to_remove", REMOVE),
        acted("expected_statuses"),
        acted("retriable_statuses"),
        acted("codec_client_type"),
        refused("service_name_matcher", "endpoints do not say who they are; remove it"),
        acted("method"),
    ],
};

/// `envoy.config.core.v3.HealthCheck.TcpHealthCheck`.
pub(crate) const TCP_HEALTH_CHECK: Message = Message {
    name: "TcpHealthCheck",
    fields: &[acted("send"), acted("receive"), refused("proxy_protocol_config", REMOVE)],
};

/// `envoy.config.core.v3.HealthCheck.Payload`.
pub(crate) const PAYLOAD: Message = Message { name: "Payload", fields: &[acted("text"), acted("binary")] };

/// `envoy.config.core.v3.HealthCheck.GrpcHealthCheck`.
pub(crate) const GRPC_HEALTH_CHECK: Message = Message {
    name: "GrpcHealthCheck",
    fields: &[acted("service_name"), acted("authority"), refused("initial_metadata", REMOVE)],
};
