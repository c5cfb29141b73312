;;! title = "The timer is that of the plugin which the acting context belongs to"
;;! spec = "proxy_set_tick_period_milliseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ advance = 10 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    ;; The second plugin sets the timer of the first.
    (if (i32.eq (local.get $plugin_context_id) (i32.const 2))
      (then
        {{proxy_set_effective_context 1}}
        {{proxy_set_tick_period_milliseconds 10}}))
    (i32.const 1))
  (func {{export proxy_on_tick}}
    (nop)))
