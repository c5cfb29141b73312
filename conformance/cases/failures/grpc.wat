;;! title = "A gRPC request whose plugin fails is answered with gRPC status 14"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-type", "application/grpc"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (unreachable)
    {{CONTINUE}}))
