;;! title = "Later edits see earlier ones, over several pieces"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["01234", "56789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (if (i32.eqz (local.get $end_of_stream)) (then (return {{PAUSE}})))
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 3 4 "|"}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 1 "<"}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY -1 0 ">"}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 1 5}}
    {{CONTINUE}}))
