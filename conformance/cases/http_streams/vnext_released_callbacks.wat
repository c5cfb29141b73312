;;! title = "A module of the draft that has the callbacks of 0.2.1 is called by those; the draft's come first"
;;! spec = "proxy_on_http_request_headers"
;;! abi = ["vnext"]
;;! dialogue = [
;;!   { request = { method = "POST", body = ["one"], trailers = [["t", "1"]] } },
;;!   { response = { body = ["two"], trailers = [["u", "2"]] } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}} {{CONTINUE}})
  (func {{export proxy_on_request_body}} {{CONTINUE}})
  (func {{export proxy_on_request_trailers}} {{CONTINUE}})
  (func {{export proxy_on_http_response_headers}} {{CONTINUE}})
  (func {{export proxy_on_response_headers}} (unreachable))
  (func {{export proxy_on_http_response_body}} {{CONTINUE}})
  (func {{export proxy_on_response_body}} (unreachable))
  (func {{export proxy_on_http_response_trailers}} {{CONTINUE}})
  (func {{export proxy_on_response_trailers}} (unreachable)))
