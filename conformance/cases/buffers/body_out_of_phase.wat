;;! title = "Outside its callback a body reads as empty and cannot be written"
;;! spec = "proxy_get_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["abc"] } }, { response = { body = ["def"] } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{proxy_get_buffer_status HTTP_REQUEST_BODY}}
    {{proxy_get_buffer_bytes HTTP_RESPONSE_BODY 0 -1}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 "x"}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "x"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{proxy_get_buffer_status HTTP_REQUEST_BODY}}
    {{proxy_get_buffer_bytes HTTP_RESPONSE_BODY 0 -1}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 "x"}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "x"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{proxy_get_buffer_status HTTP_REQUEST_BODY}}
    {{proxy_get_buffer_bytes HTTP_RESPONSE_BODY 0 -1}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 "x"}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "x"}}
    {{CONTINUE}})
  (func {{export proxy_on_log}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{proxy_get_buffer_status HTTP_REQUEST_BODY}}
    {{proxy_get_buffer_bytes HTTP_RESPONSE_BODY 0 -1}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 "x"}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "x"}}))
