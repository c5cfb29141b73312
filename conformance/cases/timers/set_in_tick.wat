;;! title = "A period set in a tick holds from that tick on"
;;! spec = "proxy_set_tick_period_milliseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ advance = 17 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    {{proxy_set_tick_period_milliseconds 3}}))
