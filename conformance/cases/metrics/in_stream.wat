;;! title = "A stream and its plugin share ids"
;;! spec = "proxy_increment_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ stream = "a", request = {} }, { stream = "b", request = {} }, { metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric COUNTER "requests"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_increment_metric 4 1}}
    {{proxy_define_metric COUNTER "in stream"}}
    {{CONTINUE}}))
