;;! title = "Resumed by another stream, what is held goes on before the next piece is seen, though the driver has not been woken yet"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { stream = "a", request_headers = {} },
;;!   { stream = "a", request_body = { data = "held" } },
;;!   { stream = "b", request = {} },
;;!   { stream = "a", request_body = { data = "later", end = true } },
;;!   { stream = "a", wake = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 3)) (then
      {{proxy_set_effective_context 2}}
      {{proxy_continue_stream HTTP_REQUEST}}))
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{PAUSE}}))
