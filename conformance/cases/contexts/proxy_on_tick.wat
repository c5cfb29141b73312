;;! title = "Every host function, called from proxy_on_tick"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ advance = 1000 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 1000}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    {{calls EACH}}))
