;;! title = "A VM that was started anew goes on with the same metrics"
;;! spec = "proxy_define_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "reload" }]
;;! dialogue = [{ advance = 2000 }, { stream = "a", request = {} }, { stream = "b", request = {} }, { metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric COUNTER "starts"}}
    {{proxy_increment_metric 4 1}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    (unreachable)))
