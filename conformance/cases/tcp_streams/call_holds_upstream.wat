;;! title = "Bytes of the upstream wait for the answer to a call, which lets them go on changed"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { upstream_data = { data = "held" } },
;;!   { upstream_data = { data = " more" } },
;;!   { http_call_response = { call = 1, body = "ok " } },
;;!   { upstream_data = { data = "after" } },
;;!   { downstream_reset = true },
;;!   { http_call_response = { call = 2, body = "late" } },
;;! ]
(module {{prelude}}
  (global $calls (mut i32) (i32.const 0))
  (func {{export proxy_on_upstream_data}}
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.eq (global.get $calls) (i32.const 2)) (then (return {{PAUSE}})))
    {{proxy_http_call "auth" {":method" "POST" ":path" "/tcp" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    ;; The second time the connection is gone.
    {{proxy_set_effective_context 2}}
    {{proxy_get_buffer_bytes UPSTREAM_DATA 0 -1}}
    {{proxy_set_buffer_bytes UPSTREAM_DATA 0 0 "ok "}}
    {{proxy_continue_stream UPSTREAM}}))
