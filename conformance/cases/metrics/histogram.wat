;;! title = "A histogram takes samples, and is neither incremented nor read"
;;! spec = "proxy_record_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric HISTOGRAM "h"}}
    {{proxy_record_metric 6 0}}
    {{proxy_record_metric 6 10}}
    {{proxy_record_metric 6 12345}}
    {{proxy_record_metric 6 -1}}
    {{proxy_increment_metric 6 1}}
    {{proxy_get_metric 6}}
    {{proxy_define_metric HISTOGRAM "unused"}}
    (i32.const 1)))
