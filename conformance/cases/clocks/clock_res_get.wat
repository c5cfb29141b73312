;;! title = "Both clocks count nanoseconds"
;;! spec = "clock_res_get"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{clock_res_get 0}}
    {{clock_res_get 1}}
    {{clock_res_get 2}}
    {{clock_res_get 0 0xfff9}}
    (i32.const 1)))
