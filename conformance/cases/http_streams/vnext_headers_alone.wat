;;! title = "The draft: messages without bodies end with their headers"
;;! spec = "proxy_on_http_request_headers"
;;! abi = ["vnext"]
(module {{prelude}}
  (func {{export proxy_on_http_request_headers}} {{CONTINUE}})
  (func {{export proxy_on_http_request_body}} {{CONTINUE}})
  (func {{export proxy_on_http_request_trailers}} {{CONTINUE}})
  (func {{export proxy_on_http_response_headers}} {{CONTINUE}})
  (func {{export proxy_on_http_response_body}} {{CONTINUE}})
  (func {{export proxy_on_http_response_trailers}} {{CONTINUE}}))
