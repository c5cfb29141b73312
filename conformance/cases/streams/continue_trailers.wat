;;! title = "Trailers that are held go on when resumed"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["x"], trailers = [["t", "1"]] } }, { response = { body = ["y"], trailers = [["u", "2"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_trailers}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{PAUSE}})
  (func {{export proxy_on_response_trailers}}
    {{proxy_continue_stream HTTP_RESPONSE}}
    {{PAUSE}}))
