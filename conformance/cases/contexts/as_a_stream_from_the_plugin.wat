;;! title = "Every host function, called from the plugin's tick on behalf of a stream that is held with its headers"
;;! spec = "8.5 `proxy_set_effective_context`"
;;! abi = ["0.2.1"]
;;! each = ["returning"]
;;! dialogue = [{ request = { headers = [["x-name", "old"]] } }, { advance = 1000 }, { wake = true }]
(module {{prelude}}
  (global $held (mut i32) (i32.const 0))
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 1000}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    (global.set $held (local.get $context_id))
    {{PAUSE}})
  (func {{export proxy_on_tick}}
    {{proxy_set_effective_context (global.get $held)}}
    {{calls EACH context_id=(global.get $held)}}))
