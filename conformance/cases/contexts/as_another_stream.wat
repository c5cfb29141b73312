;;! title = "Every host function, called from one stream on behalf of another, which is held with its headers"
;;! spec = "8.5 `proxy_set_effective_context`"
;;! abi = ["0.2.1"]
;;! each = ["returning"]
;;! dialogue = [{ stream = "held", request = { headers = [["x-name", "old"]] } }, { stream = "acting", request = { headers = [["x-name", "other"]] } }, { stream = "held", wake = true }]
(module {{prelude}}
  (global $held (mut i32) (i32.const 0))
  (func {{export proxy_on_request_headers}}
    (if (i32.eqz (global.get $held)) (then (global.set $held (local.get $context_id)) (return {{PAUSE}})))
    {{proxy_set_effective_context (global.get $held)}}
    {{calls EACH context_id=(global.get $held)}}
    {{CONTINUE}}))
