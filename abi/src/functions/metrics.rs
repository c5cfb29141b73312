//! Counters, gauges and histograms.
//!
//! Specification heading: Metrics.

/// Calls `$each!` with the rows of this heading.
#[doc(hidden)]
#[macro_export]
macro_rules! metrics_functions {
    ($each:ident) => {
        $each! {
            Metrics metrics
            /// Names a metric.
            ENV fn proxy_define_metric(
                metric_type: i32,
                metric_name_data: i32,
                metric_name_size: i32,
                return_metric_id: i32,
            ) -> i32, ALL, Running;
            /// Sets a gauge, adds to a counter, records a sample.
            ENV fn proxy_record_metric(metric_id: i32, value: i64) -> i32, ALL, Running;
            /// Adds to a counter or gauge.
            ENV fn proxy_increment_metric(metric_id: i32, offset: i64) -> i32, ALL, Running;
            /// Reads a counter or gauge.
            ENV fn proxy_get_metric(metric_id: i32, return_value: i32) -> i32, ALL, Running;
            /// Deletes a metric. Only the draft has it.
            ENV fn proxy_remove_metric(metric_id: i32) -> i32, VNEXT, Running;
        }
    };
}
