;;! title = "The period is a 32-bit number without a sign"
;;! spec = "proxy_set_tick_period_milliseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ advance = 4294967294 }, { advance = 1 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds -1}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    (nop)))
