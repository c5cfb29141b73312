;;! title = "The draft: a callback that traps is called by its name in the log"
;;! spec = "proxy_on_http_request_trailers"
;;! abi = ["vnext"]
;;! dialogue = [{ request = { method = "POST", body = ["x"], trailers = [["t", "1"]] } }]
(module {{prelude}}
  (func {{export proxy_on_http_request_trailers}} (unreachable)))
