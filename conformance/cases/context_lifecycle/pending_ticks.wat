;;! title = "A plugin that is not done goes on ticking, and ends by itself in a tick"
;;! spec = "proxy_done"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin" }]
;;! dialogue = [{ advance = 10 }, { stop = "plugin" }, { advance = 100 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    (i32.const 1))
  (func {{export proxy_on_done}}
    {{proxy_done}}
    (i32.const 0))
  (func {{export proxy_on_tick}}
    (global.set $ticks (i32.add (global.get $ticks) (i32.const 1)))
    (if (i32.eq (global.get $ticks) (i32.const 3))
      (then
        {{proxy_done}}
        {{proxy_log INFO "not deleted before the tick returns"}}
        {{proxy_done}})))
  (func {{export proxy_on_delete}}
    (nop))
  (global $ticks (mut i32) (i32.const 0)))
