;;! title = "The draft's name for the timer"
;;! spec = "proxy_set_tick_period"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period 100}}
    (i32.const 1)))
