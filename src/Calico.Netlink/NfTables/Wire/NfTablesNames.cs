using Calico.Netlink.NfTables.Wire;

namespace Calico.Netlink;

/// <summary>Message and attribute names of nf_tables (linux/netfilter/nf_tables.h).</summary>
internal static partial class NetfilterNames
{
    private static readonly AttributeTable NftData = new AttributeTable("NFTA_DATA_", "VALUE VERDICT").Nest("VERDICT", new("NFTA_VERDICT_", "CODE CHAIN CHAIN_ID"));

    private static readonly AttributeTable NftExpression = new("NFTA_EXPR_", "NAME DATA");

    private static readonly AttributeTable NftExpressionList = new AttributeTable("NFTA_LIST_", "ELEM").Nest("ELEM", NftExpression);

    private static readonly AttributeTable NftTableAttributes = new("NFTA_TABLE_", "NAME FLAGS USE HANDLE PAD USERDATA OWNER");

    private static readonly AttributeTable NftChainAttributes = new AttributeTable("NFTA_CHAIN_", "TABLE HANDLE NAME HOOK POLICY USE TYPE COUNTERS PAD FLAGS ID USERDATA")
        .Nest("HOOK", new("NFTA_HOOK_", "HOOKNUM PRIORITY DEV DEVS"));

    private static readonly AttributeTable NftRuleAttributes = new AttributeTable("NFTA_RULE_", "TABLE CHAIN HANDLE EXPRESSIONS COMPAT POSITION USERDATA PAD ID POSITION_ID CHAIN_ID")
        .Nest("EXPRESSIONS", NftExpressionList);

    private static readonly AttributeTable NftSetAttributes = new AttributeTable("NFTA_SET_",
        "TABLE NAME FLAGS KEY_TYPE KEY_LEN DATA_TYPE DATA_LEN POLICY DESC ID TIMEOUT GC_INTERVAL USERDATA PAD OBJ_TYPE HANDLE EXPR EXPRESSIONS TYPE COUNT")
        .Nest("DESC", new("NFTA_SET_DESC_", "SIZE CONCAT")).Nest("EXPR", NftExpression).Nest("EXPRESSIONS", NftExpressionList);

    private static readonly AttributeTable NftElementAttributes = new AttributeTable("NFTA_SET_ELEM_", "KEY DATA FLAGS TIMEOUT EXPIRATION USERDATA EXPR PAD OBJREF KEY_END EXPRESSIONS")
        .Nest("KEY", NftData).Nest("DATA", NftData).Nest("KEY_END", NftData).Nest("EXPR", NftExpression).Nest("EXPRESSIONS", NftExpressionList);

    private static readonly AttributeTable NftElementListAttributes = new AttributeTable("NFTA_SET_ELEM_LIST_", "TABLE SET ELEMENTS SET_ID")
        .Nest("ELEMENTS", AttributeTable.ListOf(NftElementAttributes));

    private static readonly AttributeTable NftObjectAttributes = new("NFTA_OBJ_", "TABLE NAME TYPE DATA USE HANDLE PAD USERDATA");

    private static readonly AttributeTable NftFlowTableAttributes = new AttributeTable("NFTA_FLOWTABLE_", "TABLE NAME HOOK USE HANDLE PAD FLAGS")
        .Nest("HOOK", new("NFTA_FLOWTABLE_HOOK_", "NUM PRIORITY DEVS"));

    private static readonly MessageTable NfTables = new MessageTable("NFT_MSG_",
        "NEWTABLE GETTABLE DELTABLE NEWCHAIN GETCHAIN DELCHAIN NEWRULE GETRULE DELRULE NEWSET GETSET DELSET NEWSETELEM GETSETELEM DELSETELEM NEWGEN GETGEN TRACE " +
        "NEWOBJ GETOBJ DELOBJ GETOBJ_RESET NEWFLOWTABLE GETFLOWTABLE DELFLOWTABLE GETRULE_RESET DESTROYTABLE DESTROYCHAIN DESTROYRULE DESTROYSET DESTROYSETELEM " +
        "DESTROYOBJ DESTROYFLOWTABLE GETSETELEM_RESET", NftTableAttributes)
        .With(NftChainAttributes, Types(NfTablesMessage.NewChain, NfTablesMessage.GetChain, NfTablesMessage.DeleteChain))
        .With(NftRuleAttributes, Types(NfTablesMessage.NewRule, NfTablesMessage.GetRule, NfTablesMessage.DeleteRule))
        .With(NftSetAttributes, Types(NfTablesMessage.NewSet, NfTablesMessage.GetSet, NfTablesMessage.DeleteSet))
        .With(NftElementListAttributes, Types(NfTablesMessage.NewElement, NfTablesMessage.GetElement, NfTablesMessage.DeleteElement))
        .With(NftObjectAttributes, Types(NfTablesMessage.NewObject, NfTablesMessage.GetObject, NfTablesMessage.DeleteObject))
        .With(NftFlowTableAttributes, Types(NfTablesMessage.NewFlowTable, NfTablesMessage.GetFlowTable, NfTablesMessage.DeleteFlowTable));

    private static byte[] Types(params ReadOnlySpan<NfTablesMessage> types)
    {
        byte[] numbers = new byte[types.Length];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = (byte)types[i];
        return numbers;
    }
}
