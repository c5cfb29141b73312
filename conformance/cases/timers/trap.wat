;;! title = "A trap in a tick fails the VM, which does not tick again"
;;! spec = "proxy_on_tick"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { advance = 20 }, { wake = true }, { advance = 20 }, { stream = "later", request = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{PAUSE}})
  (func {{export proxy_on_tick}}
    (unreachable)))
