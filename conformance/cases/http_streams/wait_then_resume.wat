;;! title = "Who was made to wait goes on when the plugin resumes"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! buffer_limit = 8
;;! dialogue = [{ stream = "a", request = { method = "POST", body = ["12345678", "9", "more"] } }, { stream = "b", request = {} }, { stream = "a", wake = true }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{PAUSE}})))
    {{proxy_set_effective_context 2}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    (nop)
    {{CONTINUE}}))
