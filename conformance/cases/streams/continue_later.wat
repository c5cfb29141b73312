;;! title = "What came while the headers were held is seen by its callbacks once they are resumed"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { stream = "held", request = { method = "POST", body = ["one", "two"], trailers = [["t", "1"]] } },
;;!   { stream = "other", request = {} },
;;!   { stream = "held", wake = true },
;;!   { stream = "held", response = {} },
;;! ]
(module {{prelude}}
  (global $held (mut i32) (i32.const 0))
  (func {{export proxy_on_request_headers}}
    (if (i32.eqz (global.get $held)) (then
      (global.set $held (local.get $context_id))
      (return {{PAUSE}})))
    {{proxy_set_effective_context (global.get $held)}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{CONTINUE}})
  (func {{export proxy_on_request_trailers}}
    (nop)
    {{CONTINUE}}))
