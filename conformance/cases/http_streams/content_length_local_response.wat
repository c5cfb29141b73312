;;! title = "A plugin that changes the body of an answer has its length changed too"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 403 "" "denied" "" -1}}
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY -1 0 ", sorry"}}
    {{CONTINUE}}))
