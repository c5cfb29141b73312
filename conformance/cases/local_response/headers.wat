;;! title = "Status and length are generated; other fields are added, names in lower case"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 200 "" "{}" {":status" "500" "Content-Length" "99" "Content-Type" "application/json" "Set-Cookie" "a" "Set-Cookie" "b"} -1}}
    {{CONTINUE}}))
