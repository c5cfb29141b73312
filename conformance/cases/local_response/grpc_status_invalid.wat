;;! title = "A number that is no gRPC status counts as none"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-type", "application/grpc"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 503 "" "" "" 17}}
    {{CONTINUE}}))
