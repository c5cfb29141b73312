;;! title = "Metadata of the route, its host and cluster, the upstream's host, the listener and the stream"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func $all
    {{proxy_get_property "metadata\00filter_metadata\00test\00of"}}
    {{proxy_get_property "xds\00route_metadata\00filter_metadata\00test\00of"}}
    {{proxy_get_property "xds\00virtual_host_metadata\00filter_metadata\00test\00of"}}
    {{proxy_get_property "xds\00cluster_metadata\00filter_metadata\00test\00of"}}
    {{proxy_get_property "xds\00listener_metadata\00filter_metadata\00test\00of"}}
    {{proxy_get_property "xds\00upstream_host_metadata\00filter_metadata\00test\00of"}})
  (func {{export proxy_on_configure}}
    ;; They belong to streams.
    (call $all)
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    (call $all)
    ;; A number, a namespace whole, all of it, and what is not there.
    {{proxy_get_property "xds\00cluster_metadata\00filter_metadata\00test\00number"}}
    {{proxy_get_property "xds\00cluster_metadata\00filter_metadata\00test"}}
    {{proxy_get_property "xds\00cluster_metadata\00filter_metadata"}}
    {{proxy_get_property "xds\00cluster_metadata\00filter_metadata\00other"}}
    {{proxy_get_property "xds\00cluster_metadata\00filter_metadata\00test\00nothing"}}
    {{proxy_get_property "xds\00cluster_metadata\00nothing"}}
    {{proxy_get_property "xds\00cluster_metadata"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    (call $all)
    {{CONTINUE}}))
