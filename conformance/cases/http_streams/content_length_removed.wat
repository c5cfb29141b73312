;;! title = "A plugin that removes the length has the body sent without one, piece by piece"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { response = { headers = [["content-length", "8"]], body = ["0123", "4567"] } }]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    {{proxy_remove_header_map_value HTTP_RESPONSE_HEADERS "content-length"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "<"}}
    {{CONTINUE}}))
