;;! title = "So is a response"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { response = { headers = [["content-length", "10"]], body = ["0123456789"], end_alone = true } }]
(module {{prelude}}
  (func {{export proxy_on_response_body}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 -1 "short"}}
    {{CONTINUE}}))
