;;! title = "A gRPC request is answered with trailers alone; the status stands for that of HTTP"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-type", "application/grpc"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 403 "" "no entry" "" -1}}
    {{CONTINUE}}))
