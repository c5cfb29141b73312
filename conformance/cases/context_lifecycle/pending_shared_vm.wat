;;! title = "Of two plugins in a VM, the one that is not done goes on beside the other"
;;! spec = "proxy_on_done"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ stop = "second" }, { stop = "first" }, { advance = 20 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    (i32.const 1))
  (func {{export proxy_on_done}}
    (i32.eq (local.get $context_id) (i32.const 2)))
  (func {{export proxy_on_tick}}
    (if (i32.eq (local.get $plugin_context_id) (i32.const 1)) (then {{proxy_done}})))
  (func {{export proxy_on_delete}}
    (nop)))
