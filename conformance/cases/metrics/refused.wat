;;! title = "The name is checked first, then the type, then the address of the answer"
;;! spec = "proxy_define_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_define_metric 3 "x"}}
    {{proxy_define_metric -1 "x"}}
    {{proxy_define_metric 3 (i32.const 65535) (i32.const 2)}}
    {{proxy_define_metric COUNTER "x" (i32.const 65533)}}
    {{proxy_define_metric COUNTER "y"}}
    {{proxy_get_metric 4 (i32.const 65529)}}
    {{proxy_get_metric 4 (i32.const -1)}}
    {{proxy_get_metric 12 (i32.const -1)}}
    (i32.const 1)))
