;;! title = "Each filter sees the body as the one before lets it go"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ request = { method = "POST", body = ["one", "two"] } }, { response = { body = ["three", "four"] } }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (if (i32.eqz (local.get $end_of_stream)) (then (return {{PAUSE}})))
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY -1 0 "+"}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    (if (i32.eqz (local.get $end_of_stream)) (then (return {{PAUSE}})))
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY -1 0 "-"}}
    {{proxy_get_buffer_bytes HTTP_RESPONSE_BODY 0 -1}}
    {{CONTINUE}}))
